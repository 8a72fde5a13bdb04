//! The `mujun` program.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

unsafe extern "C" {
    fn mi_option_set(option: std::ffi::c_int, value: std::ffi::c_long);
}

fn main() -> ExitCode {
    forgo_huge_pages();
    give_memory_back_soon();
    keep_buffers_of_gdal();
    mujun::cli::main()
}

/// Asks for pages of the usual size: a run touches much memory once, and clearing 2 MiB for every first touch costs a third of its time
/// (2.0 s of kernel time against 0.9 s at 100,000 parcels) and a tenth more memory.
#[cfg(target_os = "linux")]
fn forgo_huge_pages() {
    // SAFETY: the call takes numbers only and changes how this process gets its memory, nothing that it holds.
    unsafe {
        libc::prctl(libc::PR_SET_THP_DISABLE, 1, 0, 0, 0);
    }
}

#[cfg(not(target_os = "linux"))]
fn forgo_huge_pages() {}

/// Lets the allocator keep freed pages for a quarter of a second instead of a whole one. At 100,000 parcels (6 runs each in turn) the peak is 514 to 523 MB with
/// 0.12 s, 528 to 542 MB with 0.25 s, 574 to 620 MB with a second; with 0.12 s the kernel works a fifth longer than with 0.25 s, because pages that are needed
/// again are cleared again.
fn give_memory_back_soon() {
    const PURGE_DELAY: std::ffi::c_int = 15;
    const MILLISECONDS: std::ffi::c_long = 250;
    // SAFETY: the function belongs to the allocator of this program and sets a number; `PURGE_DELAY` is its place in `mi_option_t` (mimalloc 3).
    unsafe { mi_option_set(PURGE_DELAY, MILLISECONDS) }
}

/// Lets the C library keep the memory that GDAL frees: otherwise it maps and unmaps the batches of a layer, whose pages must be cleared each time.
/// Three pairs of runs at 100,000 parcels took 2.12, 2.03 and 2.14 s with it, 2.56, 2.11 and 2.27 s without, for some 15 MB.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn keep_buffers_of_gdal() {
    const LARGEST: std::ffi::c_int = 1 << 30;
    const STEP: std::ffi::c_int = 1 << 24;
    // SAFETY: the calls take numbers only and change when the C library maps and unmaps memory.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, LARGEST);
        libc::mallopt(libc::M_TRIM_THRESHOLD, LARGEST);
        libc::mallopt(libc::M_TOP_PAD, STEP);
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn keep_buffers_of_gdal() {}
