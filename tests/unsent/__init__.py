"""Tests of the files that a form keeps."""
