//! Large blocks on huge pages, as `NumPy` asks for its own, and kept when freed: the first touch of four kilobytes costs about as much
//! as an average over them. Small blocks come from mimalloc, which has a heap for each thread: in the C library's, threads wait for one another,
//! and pages between the two sizes are given back and touched anew.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::Mutex;

use mimalloc::MiMalloc;

/// Size of a huge page, and the least that is worth one.
const HUGE_PAGE: usize = 1 << 21;

/// The least size that is kept when freed; from about here on the C library gives pages back.
const LARGE: usize = 1 << 17;

/// The most that is kept.
const KEPT_BLOCKS: usize = 64;
const KEPT_BYTES: usize = 1 << 25;

/// Small blocks from mimalloc; large ones from the system, with advice to the kernel, and a few of them kept for the next run.
pub struct HugePages;

/// A freed block with its pages.
#[derive(Clone, Copy)]
struct Block {
    address: usize,
    layout: Layout,
}

/// Freed large blocks, the oldest first.
struct Kept {
    blocks: [Option<Block>; KEPT_BLOCKS],
    bytes: usize,
}

static KEPT: Mutex<Kept> = Mutex::new(Kept {
    blocks: [None; KEPT_BLOCKS],
    bytes: 0,
});

impl Kept {
    fn take(&mut self, layout: Layout) -> Option<*mut u8> {
        let fits = |block: &Option<Block>| block.is_some_and(|block| block.layout == layout);
        // The one that was freed last, since a cache may still hold it.
        let place = self.blocks.iter().rposition(fits)?;
        self.remove(place)
            .map(|block| std::ptr::with_exposed_provenance_mut(block.address))
    }

    /// Keeps a block, which must not be larger than all that may be kept, and gives the oldest back to the system as far as it needs room.
    fn keep(&mut self, block: *mut u8, layout: Layout) {
        while self.bytes + layout.size() > KEPT_BYTES || self.blocks[KEPT_BLOCKS - 1].is_some() {
            let Some(oldest) = self.remove(0) else { break };
            let address = std::ptr::with_exposed_provenance_mut(oldest.address);
            // SAFETY: the block came from `System` with this layout and nobody holds it.
            #[expect(unsafe_code, reason = "gives a block back")]
            unsafe {
                System.dealloc(address, oldest.layout);
            }
        }
        let free = self.blocks.iter_mut().find(|place| place.is_none());
        if let Some(place) = free {
            self.bytes += layout.size();
            *place = Some(Block {
                address: block.expose_provenance(),
                layout,
            });
        }
    }

    fn remove(&mut self, place: usize) -> Option<Block> {
        let block = self.blocks[place].take()?;
        self.blocks[place..].rotate_left(1);
        self.bytes -= block.layout.size();
        Some(block)
    }
}

/// The layout that a block really has: a large size goes up by eighths of a power of two, so that a kept block serves neighbours too.
fn placed(layout: Layout) -> Layout {
    if layout.size() < LARGE {
        return layout;
    }
    let step = layout.size().next_power_of_two() >> 3;
    let size = layout.size().next_multiple_of(step);
    let align = if size < HUGE_PAGE {
        layout.align()
    } else {
        layout.align().max(HUGE_PAGE)
    };
    Layout::from_size_align(size, align).unwrap_or(layout)
}

fn advise(block: *mut u8, layout: Layout) {
    #[cfg(target_os = "linux")]
    if layout.size() >= HUGE_PAGE && !block.is_null() {
        // SAFETY: the block has just been allocated with this size; the advice changes no content, and a kernel that does not
        // take it leaves small pages.
        #[expect(unsafe_code, reason = "a call of the C library")]
        unsafe {
            libc::madvise(block.cast(), layout.size(), libc::MADV_HUGEPAGE);
        }
    }
}

// SAFETY: whether a block is small is told by its layout alone, so that it returns to where it came from: a small one to mimalloc with its own
// layout, a large one to `System` with `placed(layout)`, which satisfies the one asked for, and one that grows from small to large is moved. A kept
// block is lent again only for that same layout. The lock is only tried, so that no thread waits here for another.
#[expect(unsafe_code, reason = "an allocator is unsafe to implement")]
unsafe impl GlobalAlloc for HugePages {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.size() < LARGE {
            return unsafe { MiMalloc.alloc(layout) };
        }
        let layout = placed(layout);
        let kept = KEPT.try_lock().ok().and_then(|mut kept| kept.take(layout));
        kept.unwrap_or_else(|| {
            let block = unsafe { System.alloc(layout) };
            advise(block, layout);
            block
        })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if layout.size() < LARGE {
            return unsafe { MiMalloc.alloc_zeroed(layout) };
        }
        let block = unsafe { self.alloc(layout) };
        if !block.is_null() {
            unsafe { block.write_bytes(0, layout.size()) };
        }
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if layout.size() < LARGE {
            return unsafe { MiMalloc.dealloc(block, layout) };
        }
        let layout = placed(layout);
        if (LARGE..=KEPT_BYTES).contains(&layout.size())
            && let Ok(mut kept) = KEPT.try_lock()
        {
            kept.keep(block, layout);
        } else {
            unsafe { System.dealloc(block, layout) }
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        if layout.size() < LARGE && new_size < LARGE {
            return unsafe { MiMalloc.realloc(block, layout, new_size) };
        }
        let Ok(new_layout) = Layout::from_size_align(new_size, layout.align()) else {
            return std::ptr::null_mut();
        };
        if placed(layout) == placed(new_layout) {
            return block;
        }
        let moved = unsafe { self.alloc(new_layout) };
        if !moved.is_null() {
            unsafe {
                moved.copy_from_nonoverlapping(block, layout.size().min(new_size));
                self.dealloc(block, layout);
            }
        }
        moved
    }
}

/// Numbers to be written before they are read, as `numpy.empty` gives them: whatever the memory held.
#[expect(
    clippy::uninit_vec,
    reason = "filling it first would touch every page twice"
)]
pub fn unwritten(length: usize) -> Vec<f64> {
    let mut numbers = Vec::with_capacity(length);
    // SAFETY: the capacity is there, every pattern of bits is a number, and the block has no other holder. Nothing here or in the core
    // reads a number before it has written it.
    #[expect(unsafe_code, reason = "hands out memory as it is")]
    unsafe {
        numbers.set_len(length);
    }
    numbers
}

#[cfg(test)]
mod tests {
    /// Blocks around every threshold grow, shrink and are freed on several threads; each keeps what was written.
    #[test]
    fn blocks_keep_their_content_through_growth_and_reuse() {
        let sizes = [
            1 << 10,
            (1 << 17) - 1,
            1 << 17,
            200_001,
            1 << 21,
            (1 << 21) + 8,
            5_000_003,
        ];
        let churn = |thread: u8| {
            for round in 0..20_u8 {
                for (step, size) in sizes.into_iter().enumerate() {
                    let mark = thread ^ round ^ u8::try_from(step).expect("few sizes");
                    let mut block = vec![mark; size];
                    block.extend_from_slice(&vec![!mark; size / 3]);
                    block.shrink_to_fit();
                    let zeros = vec![0_u8; size];
                    assert!(block[..size].iter().all(|byte| *byte == mark));
                    assert!(block[size..].iter().all(|byte| *byte == !mark));
                    assert!(zeros.iter().all(|byte| *byte == 0));
                }
            }
        };
        std::thread::scope(|scope| {
            for thread in 0..4 {
                scope.spawn(move || churn(thread));
            }
        });
    }
}
