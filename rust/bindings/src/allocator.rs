//! Large blocks on huge pages, as `NumPy` asks for its own: the first touch of four kilobytes costs about as much as an average over them.

use std::alloc::{GlobalAlloc, Layout, System};

/// Size of a huge page, and the least that is worth one.
const HUGE_PAGE: usize = 1 << 21;

/// The system's allocator, with advice to the kernel on large blocks.
pub struct HugePages;

/// The layout that a block really has.
fn placed(layout: Layout) -> Layout {
    if layout.size() < HUGE_PAGE {
        return layout;
    }
    layout.align_to(HUGE_PAGE).unwrap_or(layout)
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

// SAFETY: every block comes from and returns to `System` with the same layout, `placed(layout)`, which satisfies the one asked for.
#[expect(unsafe_code, reason = "an allocator is unsafe to implement")]
unsafe impl GlobalAlloc for HugePages {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let block = unsafe { System.alloc(placed(layout)) };
        advise(block, layout);
        block
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if layout.size() < HUGE_PAGE {
            return unsafe { System.alloc_zeroed(layout) };
        }
        let block = unsafe { self.alloc(layout) };
        if !block.is_null() {
            unsafe { block.write_bytes(0, layout.size()) };
        }
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        unsafe { System.dealloc(block, placed(layout)) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        if layout.size() < HUGE_PAGE && new_size < HUGE_PAGE {
            return unsafe { System.realloc(block, layout, new_size) };
        }
        let Ok(new_layout) = Layout::from_size_align(new_size, layout.align()) else {
            return std::ptr::null_mut();
        };
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
