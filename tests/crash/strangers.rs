//! Logs that do not belong.
