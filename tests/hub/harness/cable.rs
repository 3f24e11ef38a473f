//! Wires between a caller and the hub that can be cut in the middle of anything.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinHandle};

/// A way to a hub. Ends with the test.
pub(crate) struct Cable {
    address: SocketAddr,
    wires: Arc<Mutex<Vec<AbortHandle>>>,
    accepting: JoinHandle<()>,
}

impl Cable {
    /// A way to the hub at this address.
    pub(crate) async fn to(url: &str) -> Self {
        let hub: SocketAddr = url.trim_start_matches("http://").parse().expect("an address");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound listener");
        let wires = Arc::new(Mutex::new(Vec::new()));
        let laid = Arc::clone(&wires);
        let accepting = tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let wire = tokio::spawn(async move {
                    if let Ok(mut far) = TcpStream::connect(hub).await {
                        // How a connection ends is its ends' business.
                        copy_bidirectional(&mut near, &mut far).await.ok();
                    }
                });
                laid.lock().unwrap_or_else(PoisonError::into_inner).push(wire.abort_handle());
            }
        });
        Self { address, wires, accepting }
    }

    /// Where it begins.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Cuts all wires. New ones can be laid at once.
    pub(crate) fn cut(&self) {
        for wire in self.wires.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            wire.abort();
        }
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        self.accepting.abort();
        self.cut();
    }
}
