//! The numbers of the algorithm, each a type of its own so that they cannot mix.
//!
//! A file block counts blocks from the start of a file, an fs block from the start of the
//! filesystem, a page index pages from the start of a file. Arithmetic saturates: a sum that does
//! not fit is no block of any image, and the device refuses it as past its end.
//!
//! ```
//! use mpimg::mpage::{FileBlock, Geometry, PageIndex};
//! let geometry = Geometry::new(10, 12).unwrap(); // 1 KiB blocks, 4 KiB pages
//! assert_eq!(geometry.blocks_per_page(), 4);
//! assert_eq!(geometry.first_block_of(PageIndex(3)), FileBlock(12));
//! ```

use serde::Serialize;

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl $name {
            /// The number `count` further on.
            #[must_use]
            pub const fn plus(self, count: u64) -> Self {
                Self(self.0.saturating_add(count))
            }

            /// How far this number lies beyond `earlier`; 0 where it lies before it.
            #[must_use]
            pub const fn distance_from(self, earlier: Self) -> u64 {
                self.0.saturating_sub(earlier.0)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number! {
    /// A block of a file, counted from the file's start (logical block).
    FileBlock
}
number! {
    /// A block of the filesystem, counted from the filesystem's start (physical block).
    FsBlock
}
number! {
    /// A page of a file, counted from the file's start.
    PageIndex
}

/// Block and page size, as powers of two; a page is never smaller than a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Geometry {
    block_bits: u32,
    page_bits: u32,
}

impl Geometry {
    /// Blocks and pages of 64 KiB, the largest that ext2 has.
    pub const LARGEST: Self = Self { block_bits: 16, page_bits: 16 };

    /// A geometry of `1 << block_bits` and `1 << page_bits` bytes; `None` unless
    /// `9 <= block_bits <= page_bits <= 30`.
    #[must_use]
    pub const fn new(block_bits: u32, page_bits: u32) -> Option<Self> {
        if block_bits >= 9 && block_bits <= page_bits && page_bits <= 30 {
            Some(Self { block_bits, page_bits })
        } else {
            None
        }
    }

    /// Bytes in a block.
    #[must_use]
    pub const fn block_size_bytes(self) -> u64 {
        1 << self.block_bits
    }

    /// Bytes in a page.
    #[must_use]
    pub const fn page_size_bytes(self) -> u64 {
        1 << self.page_bits
    }

    /// Base-two logarithm of the block size.
    #[must_use]
    pub const fn block_bits(self) -> u32 {
        self.block_bits
    }

    /// Base-two logarithm of the page size.
    #[must_use]
    pub const fn page_bits(self) -> u32 {
        self.page_bits
    }

    /// Blocks in a page, at least 1.
    #[must_use]
    pub const fn blocks_per_page(self) -> u64 {
        1 << self.page_bits.saturating_sub(self.block_bits)
    }

    /// The first block of a page.
    #[must_use]
    pub const fn first_block_of(self, page: PageIndex) -> FileBlock {
        FileBlock(page.0.saturating_mul(self.blocks_per_page()))
    }

    /// The page that a block is in.
    #[must_use]
    pub const fn page_of(self, block: FileBlock) -> PageIndex {
        PageIndex(block.0 >> self.page_bits.saturating_sub(self.block_bits))
    }

    /// Blocks that hold `len_bytes` bytes, the last one perhaps in part.
    #[must_use]
    pub const fn blocks_for(self, len_bytes: u64) -> u64 {
        len_bytes.div_ceil(self.block_size_bytes())
    }

    /// Pages that hold `len_bytes` bytes, the last one perhaps in part.
    #[must_use]
    pub const fn pages_for(self, len_bytes: u64) -> u64 {
        len_bytes.div_ceil(self.page_size_bytes())
    }

    /// Bytes in `count_blocks` blocks.
    #[must_use]
    pub const fn bytes_in(self, count_blocks: u64) -> u64 {
        count_blocks.saturating_mul(self.block_size_bytes())
    }
}
