//! The kinds of images that random changes are made to.

use crate::run::{self, Variant};

/// Where the seeds begin.
fn seed() -> u64 {
    std::env::var("MPIMG_MODEL_SEED").map_or(1, |seed| seed.parse().expect("a number"))
}

macro_rules! variants {
    ($($name:ident: $block_size:expr, $count_blocks:expr, $mke2fs:expr, $steps:expr, $kernel:expr, $meets:expr;)*) => {
        $(
            #[test]
            fn $name() {
                let variant = Variant {
                    name: stringify!($name),
                    block_size: $block_size,
                    count_blocks: $count_blocks,
                    mke2fs: &$mke2fs,
                    steps: $steps,
                    kernel_writes: $kernel,
                    meets: &$meets,
                };
                run::check(&variant, seed());
            }
        )*
        #[test]
        fn all_runs_together_make_ten_thousand_steps() {
            assert_eq!([$($steps),*].iter().sum::<u64>(), 10_000);
        }
    };
}

variants! {
    blocks_of_1k: 1024, 4096, ["-I", "128", "-N", "400"], 1200, false, ["an index of two levels", "double indirect", "triple indirect", "shared attributes"];
    blocks_of_1k_with_large_inodes: 1024, 4096, ["-I", "256", "-N", "400"], 1000, true, ["an index", "shared attributes"];
    blocks_of_1k_that_fill_up: 1024, 700, ["-I", "128", "-N", "64"], 1000, false, ["no space", "no inodes", "double indirect"];
    blocks_of_2k: 2048, 2048, ["-I", "256"], 700, true, ["an index"];
    blocks_of_4k: 4096, 1500, ["-I", "256", "-N", "500"], 1000, false, ["an index", "no space"];
    blocks_of_4k_with_small_inodes: 4096, 1024, ["-I", "128"], 500, true, ["an index"];
    blocks_of_64k: 65536, 160, ["-I", "256", "-N", "300"], 300, false, ["no space", "shared attributes"];
    no_index: 1024, 3000, ["-O", "^dir_index", "-N", "300"], 600, false, ["double indirect", "triple indirect"];
    no_types: 1024, 3000, ["-O", "^filetype"], 400, true, ["an index"];
    all_superblocks_and_small_groups: 1024, 4000, ["-O", "^sparse_super", "-g", "256"], 800, true, ["an index"];
    two_backups: 1024, 4000, ["-O", "^sparse_super,sparse_super2", "-g", "1024"], 100, false, [];
    room_to_grow: 1024, 4096, ["-O", "resize_inode", "-E", "resize=65536"], 500, false, ["an index"];
    a_clean_journal: 1024, 6000, ["-O", "has_journal", "-J", "size=1"], 600, false, ["an index", "double indirect"];
    revision_0: 1024, 3000, ["-r", "0", "-O", "none"], 500, false, ["double indirect", "shared attributes"];
    spread_descriptors: 1024, 8192, ["-O", "meta_bg,^resize_inode", "-g", "256"], 500, false, ["an index", "double indirect"];
    tiny: 1024, 64, ["-N", "16"], 300, false, ["no space", "no inodes"];
}

#[test]
fn the_same_seed_leaves_the_same_bytes() {
    for (block_size, count_blocks) in [(1024, 3000), (4096, 800)] {
        let variant = Variant {
            name: "the_same_seed_leaves_the_same_bytes",
            block_size,
            count_blocks,
            mke2fs: &["-N", "300"],
            steps: 150,
            kernel_writes: false,
            meets: &[],
        };
        let first = run::bytes_of(&variant, seed());
        let second = run::bytes_of(&variant, seed());
        assert!(first == second, "{block_size}-byte blocks");
        assert!(first != run::bytes_of(&variant, seed() + 1), "the seed matters");
    }
}
