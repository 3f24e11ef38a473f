//! The listening server: the routes, the pages, and what every request passes.

use super::door::guard;
use super::intake::Trackers;
use super::tempo::Tempo;
use super::{Outside, Parts, configure, files};
use crate::auth::Auth;
use crate::config::Config;
use crate::hub::Hub;
use crate::paper::Printer;
use crate::telemetry::Metrics;
use actix_web::dev::Server;
use actix_web::middleware::{Compress, from_fn};
use actix_web::{App, HttpServer, web};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// A phone in a lift may take a while to finish its sentence.
const HEAD_TIMEOUT: Duration = Duration::from_secs(15);
/// Longer than proxies and clients keep a connection that they do not use (nginx: 60 s). If the hub closed first, a request that is on its
/// way in that moment would fail.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// Binds and begins to serve, besides the API what `more` adds. Port 0 takes a free one; the address says which. Stops within `grace_s` seconds.
pub fn server(
    config: &Config,
    hub: Arc<Hub>,
    auth: Auth,
    outside: Outside,
    metrics: Metrics,
    grace_s: u64,
    more: impl Fn(&mut web::ServiceConfig) + Clone + Send + 'static,
) -> std::io::Result<(Server, SocketAddr)> {
    let (darkroom, trackers) = (files::Darkroom::default(), Trackers::default());
    let printer = Printer::new(&config.paper_fonts).map_err(std::io::Error::other)?;
    let parts = Parts {
        store: hub.store().clone(),
        hub,
        auth,
        darkroom,
        outside,
        printer,
        tempo: Tempo::default(),
        trackers,
        metrics,
        config: config.clone(),
    };
    let parts = web::Data::new(parts);
    let application =
        move || App::new().app_data(parts.clone()).configure(more.clone()).configure(configure).wrap(Compress::default()).wrap(from_fn(guard));
    // Signals are the program's: it tells the sockets first.
    let server = HttpServer::new(application)
        .disable_signals()
        .shutdown_timeout(grace_s)
        .client_request_timeout(HEAD_TIMEOUT)
        .keep_alive(KEEP_ALIVE)
        .bind(config.listen)?;
    let address = server.addrs().first().copied().unwrap_or(config.listen);
    Ok((server.run(), address))
}
