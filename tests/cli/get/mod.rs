//! `mpimg get`: what it copies, how much of it, and what stands in its way.

mod dest;
mod options;
