"""A place's own dated rules: 自治章程, 居民公约, 议事规则, who sits in its committee; from when, until when."""
