//! A thread that counts who looks at a way out.

use std::io;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::thread::JoinHandle;

/// The counting; ends with its value.
#[derive(Debug)]
pub struct Watch {
    /// What the thread waits for, or one end of it: once it is shut down, the thread ends.
    stream: UnixStream,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    /// Does `count` in a thread of that name, which is to end when `stream`, or the other end of its pair, does.
    ///
    /// # Errors
    /// No thread can be made.
    pub(super) fn begin(name: &str, stream: UnixStream, count: impl FnOnce() + Send + 'static) -> io::Result<Self> {
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(count)?;
        Ok(Self { stream, thread: Some(thread) })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.stream.shutdown(Shutdown::Both);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
