//! The functions that JavaScript calls, and the only `unsafe` lines of the project.
//!
//! The page asks for room (`room`), writes name and request into it, calls (`call`), and reads the answer, which
//! stays where it is until the next call. Both buffers belong to the module, so that nothing has to be freed and no
//! pointer from outside is ever trusted.
//!
//! The page gives two functions in return, `page.begins` and `page.heard`, which are told how far a run has come.

#[cfg(target_arch = "wasm32")]
pub(crate) use web::{begins, heard};

/// Nobody watches the runs of native tests.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn begins(_: u64) {}

/// Nobody watches the runs of native tests.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn heard(_: u64) {}

#[cfg(target_arch = "wasm32")]
mod web {
    #![allow(
        unsafe_code,
        reason = "a function that JavaScript can call needs a name that no other one has, and one of JavaScript has no body here"
    )]

    use std::cell::RefCell;

    thread_local! {
        static REQUEST: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
        static ANSWER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    }

    /// Makes room for a request of so many bytes, and says where it begins.
    // SAFETY: no other symbol has this name.
    #[unsafe(no_mangle)]
    pub extern "C" fn room(bytes: usize) -> *mut u8 {
        REQUEST.with_borrow_mut(|request| {
            request.clear();
            request.resize(bytes, 0);
            request.as_mut_ptr()
        })
    }

    /// Answers the request that was written: the first `name` bytes are the name of the function. Returns the length of the answer.
    // SAFETY: no other symbol has this name.
    #[unsafe(no_mangle)]
    pub extern "C" fn call(name: usize) -> usize {
        let request = REQUEST.take();
        let (name, body) = request.split_at(name.min(request.len()));
        let answer = crate::answer(&String::from_utf8_lossy(name), body);
        let length = answer.len();
        ANSWER.set(answer);
        length
    }

    /// Where the answer of the last call begins.
    // SAFETY: no other symbol has this name.
    #[unsafe(no_mangle)]
    pub extern "C" fn answer() -> *const u8 {
        ANSWER.with_borrow(|answer| answer.as_ptr())
    }

    mod page {
        #[link(wasm_import_module = "page")]
        unsafe extern "C" {
            // SAFETY: both take a number and give nothing back; whatever they do cannot reach the memory of the module.
            pub(super) safe fn begins(total_s: f64);
            pub(super) safe fn heard(simulated_s: f64);
        }
    }

    /// Tells the page that a run begins which simulates at least so much time, over all its runs `[ns]`.
    pub(crate) fn begins(total_ns: u64) {
        page::begins(total_ns as f64 / 1e9);
    }

    /// Tells the page how much time was simulated so far, over all runs `[ns]`.
    pub(crate) fn heard(simulated_ns: u64) {
        page::heard(simulated_ns as f64 / 1e9);
    }
}
