//! GDAL and PROJ kept from writing to stderr: what they have to say comes back as errors, and the stream is the program's own.

use std::ffi::{c_char, c_int, c_void};
use std::sync::Once;

use super::error::MOST_LAYERS;

/// Silences both, and keeps GDAL from opening more tables of a database than it takes to see that they are too many: it takes seconds for 10,000.
/// To be called before either is used.
pub fn be_quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // A number without a NUL can be set always.
        let _ = gdal::config::set_config_option("OGR_TABLE_LIMIT", &(MOST_LAYERS + 1).to_string());
        // SAFETY: the handlers take no state. PROJ copies that of its default context, which a null pointer stands for, to every context made later.
        #[expect(unsafe_code, reason = "the calls have no safe form")]
        unsafe {
            gdal_sys::CPLSetErrorHandler(Some(gdal_sys::CPLQuietErrorHandler));
            proj_sys::proj_log_func(std::ptr::null_mut(), std::ptr::null_mut(), Some(say_nothing));
        }
    });
}

/// What PROJ is told to log with.
extern "C" fn say_nothing(_: *mut c_void, _: c_int, _: *const c_char) {}
