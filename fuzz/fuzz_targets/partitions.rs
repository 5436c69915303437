//! Any bytes as a disk: its MBR or GPT is read, and the partition meant is selected.

#![no_main]

#[path = "../memory.rs"]
mod memory;

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use memory::Memory;
use mpimg::device::BlockDevice;
use mpimg::device::partition::{Selection, select};

fuzz_target!(|bytes: &[u8]| {
    let disk: Arc<dyn BlockDevice> = Arc::new(Memory(bytes.to_vec()));
    for selection in [Selection::Unnamed, Selection::Auto, Selection::Number(5)] {
        match select(&disk, selection, mpimg::fs::probe) {
            Ok((Some(partition), _)) => {
                let end = partition.start_bytes.checked_add(partition.len_bytes);
                assert!(end.is_some_and(|end| end <= disk.size_bytes()));
            }
            Ok((None, _)) => {}
            Err(error) => drop(error.to_string()),
        }
    }
});
