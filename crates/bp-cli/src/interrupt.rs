//! [`Interrupt`]: Ctrl-C and the signal to terminate, as a wish that a training can hear.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

/// What a program that was ended by Ctrl-C returns.
pub(crate) const EXIT_CODE: u8 = 130;

/// Listens while it lives. The first signal is a wish; another, and every one once this is dropped, ends the program at
/// once.
pub(crate) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Begins to listen.
    pub(crate) fn listen() -> Self {
        static ASKED: OnceLock<Arc<AtomicBool>> = OnceLock::new();
        let asked = ASKED.get_or_init(|| {
            let asked = Arc::new(AtomicBool::new(false));
            for signal in [SIGINT, SIGTERM] {
                // In this order: the one that asked must not be the one that ends. What the system refuses to tell stays
                // as it was, and a signal then ends the program.
                let _ = flag::register_conditional_shutdown(signal, EXIT_CODE.into(), Arc::clone(&asked))
                    .and_then(|_| flag::register(signal, Arc::clone(&asked)));
            }
            asked
        });
        asked.store(false, Ordering::SeqCst);
        Self(Arc::clone(asked))
    }

    /// Whether the user wants to end.
    pub(crate) fn is_asked(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

impl Drop for Interrupt {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}
