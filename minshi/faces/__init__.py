"""The face every page stands on: components, elder mode, error pages."""
