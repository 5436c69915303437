//! Promises of building.
