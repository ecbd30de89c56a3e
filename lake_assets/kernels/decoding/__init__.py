"""A file's bytes to lines of UTF-8 text: compression, encoding, line ends, cuts."""
