//! The listening server: the routes, the pages, and what every request passes.

use super::intake::Trackers;
use super::{Parts, configure, guard};
use crate::auth::Auth;
use crate::config::Config;
use crate::hub::Hub;
use crate::places::Gazetteer;
use crate::telemetry::Metrics;
use actix_web::dev::Server;
use actix_web::middleware::{Compress, from_fn};
use actix_web::{App, HttpServer, web};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// A phone in a lift may take a while to finish its sentence.
const HEAD_TIMEOUT: Duration = Duration::from_secs(15);

/// Binds and begins to serve. Port 0 takes a free one; the address says which. Stops within `grace_s` seconds.
pub fn server(
    config: &Config,
    hub: Arc<Hub>,
    auth: Auth,
    gazetteer: Gazetteer,
    metrics: Metrics,
    grace_s: u64,
) -> std::io::Result<(Server, SocketAddr)> {
    let parts = Parts { store: hub.store().clone(), hub, auth, gazetteer, trackers: Trackers::default(), metrics, config: config.clone() };
    let parts = web::Data::new(parts);
    let application = move || App::new().app_data(parts.clone()).configure(configure).wrap(Compress::default()).wrap(from_fn(guard));
    // Signals are the program's: it tells the sockets first.
    let server = HttpServer::new(application).disable_signals().shutdown_timeout(grace_s).client_request_timeout(HEAD_TIMEOUT).bind(config.listen)?;
    let address = server.addrs().first().copied().unwrap_or(config.listen);
    Ok((server.run(), address))
}
