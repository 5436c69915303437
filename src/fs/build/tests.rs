//! Promises of building that need no image: the others are held by tests with real tools.
