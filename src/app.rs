//! Builds every part once, in order, runs them, and drains on shutdown.

use crate::auth::Auth;
use crate::config::{Config, GeocoderKind, GeocoderSetting, PublicUrl, RouterProgram, RouterUrl};
use crate::courier::{Courier, EmailWay, Gateway, Manner, Outbox, Pusher, Sender, SmsWay, Ways};
use crate::http::Outside;
use crate::hub::{Hub, clock};
use crate::places::geocoder::Answers;
use crate::places::{self, Gazetteer, Geocoder, NoWay, Router, RouterKind};
use crate::store::private_postgres::PrivatePostgres;
use crate::store::{self, Database, Store};
use crate::telemetry::Metrics;
use crate::{demo, http};
use actix_web::dev::ServerHandle;
use actix_web::web::ServiceConfig;
use anyhow::Context as _;
use std::fs::File;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;

/// How long a request may still take once the hub is to stop.
const GRACE_S: u64 = 5;
/// How long the lanes may take to write what they hold.
const DRAIN: Duration = Duration::from_secs(10);
/// Partitions are made ahead, and what is too old is dropped, this often.
const UPKEEP: Duration = Duration::from_hours(1);
/// Commands are remembered this long.
const COMMANDS_KEPT_MS: i64 = 30 * 24 * 3_600_000;
/// Messages, and what came of them, are remembered this long.
const MESSAGES_KEPT_MS: i64 = 90 * DAY_MS;
/// Addresses are written in parts of this size.
pub const PLACES_AT_ONCE: usize = 1000;
const DAY_MS: i64 = 24 * 3_600_000;
/// Files that nothing shows are kept this long: drafts live on phones.
const UNUSED_FILES_KEPT_MS: i64 = 7 * DAY_MS;

/// A running hub.
pub struct App {
    address: SocketAddr,
    hub: Arc<Hub>,
    server: ServerHandle,
    serving: JoinHandle<std::io::Result<()>>,
    upkeep: JoinHandle<()>,
    courier: Courier,
    postgres: Option<PrivatePostgres>,
}

impl App {
    /// Starts everything; returns once it answers.
    pub async fn start(config: &Config) -> anyhow::Result<Self> {
        let (database, postgres) = database(config).await?;
        Store::migrate(&database).await.context("the database could not be brought up to date")?;
        let store = Store::connect(&database).await.context("the database cannot be reached")?;
        Self::serve(config, store, postgres).await
    }

    /// Starts on a database that is there and up to date.
    pub async fn serve(config: &Config, store: Store, postgres: Option<PrivatePostgres>) -> anyhow::Result<Self> {
        let email = if let Some(settings) = &config.smtp {
            let name = config.public_url.as_ref().and_then(PublicUrl::domain);
            Some(EmailWay::Smtp(Arc::new(Sender::new(settings, name)?)))
        } else {
            tracing::warn!("e-mails wait: no mail server is named (smtp.host in the settings)");
            None
        };
        let sms = match (&config.sms, &config.public_url) {
            (Some(settings), Some(url)) => Some(SmsWay::Gateway(Arc::new(Gateway::new(settings, url.as_str())?))),
            _ => None,
        };
        let push = pusher(config, &store).await?;
        Self::build(config, store, postgres, Ways { email, sms, push }, |_| ()).await
    }

    /// The same with messages that go nowhere but to a page.
    pub async fn serve_demo(config: &Config, store: Store, postgres: Option<PrivatePostgres>) -> anyhow::Result<Self> {
        let outbox = Outbox::default();
        let pages = demo::outbox::pages(&outbox);
        let sms = SmsWay::Outbox(outbox.clone(), demo::outbox::SMS_PRICE, demo::outbox::SMS_CURRENCY.into());
        let push = pusher(config, &store).await?;
        let ways = Ways { email: Some(EmailWay::Outbox(outbox)), sms: Some(sms), push };
        Self::build(config, store, postgres, ways, pages).await
    }

    async fn build(
        config: &Config,
        store: Store,
        postgres: Option<PrivatePostgres>,
        ways: Ways,
        more: impl Fn(&mut ServiceConfig) + Clone + Send + 'static,
    ) -> anyhow::Result<Self> {
        let metrics = Metrics::start();
        keep_up(&store, config.fixes_keep_days).await.context("the tables for fixes could not be made")?;
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let router = config.router.as_ref().map(router).transpose().context("the router cannot be asked")?;
        let hub = Hub::start(store.clone(), cores, router).await.context("the hub could not start")?;
        fill_places(config, &store).await?;
        let geocoder = config.geocoder.as_ref().map(geocoder).transpose().context("the geocoder cannot be asked")?;
        let auth = Auth::new(store.clone(), config.session_days);
        let sms_price = ways.sms_price().map(|(price, currency)| (price, currency.to_owned()));
        let outside = Outside { geocoder, sms_price, push_key: ways.push.as_ref().map(|pusher| pusher.public_key()) };
        let (server, address) = http::server(config, Arc::clone(&hub), auth, outside, metrics, GRACE_S, more)?;
        let base_url = config.public_url.as_ref().map_or_else(|| format!("http://{address}"), |url| url.as_str().to_owned());
        let (per_minute, private_webhooks) = (config.messages_per_minute, config.private_webhooks);
        let manner = Manner { base_url, per_minute, private_webhooks, clock: clock::now };
        let courier = Courier::start(store.clone(), ways, manner).context("nothing can be sent out of the building")?;
        let upkeep = tokio::spawn(keep_up_hourly(store, config.fixes_keep_days));
        Ok(Self { address, hub, server: server.handle(), serving: tokio::spawn(server), upkeep, courier, postgres })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The live hub.
    pub fn hub(&self) -> &Arc<Hub> {
        &self.hub
    }

    /// Stops taking requests, tells the sockets to come back, finishes what was promised, stops a private Postgres.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.upkeep.abort();
        self.hub.close_sessions();
        self.server.stop(true).await;
        self.serving.await??;
        // What the lanes hold while Postgres is away was never acknowledged: its senders keep it.
        if tokio::time::timeout(DRAIN, self.hub.stop()).await.is_err() {
            tracing::warn!("stopped before everything was written; what is missing was not acknowledged");
        }
        if tokio::time::timeout(DRAIN, self.courier.stop()).await.is_err() {
            tracing::warn!("stopped before every message in hand was settled; what is missing is tried again");
        }
        self.hub.store().close().await;
        if let Some(postgres) = self.postgres {
            postgres.stop().await;
        }
        Ok(())
    }
}

/// What hands notifications to push services, with the key that browsers know this hub by.
async fn pusher(config: &Config, store: &Store) -> anyhow::Result<Option<Arc<Pusher>>> {
    let Some(settings) = &config.push else { return Ok(None) };
    let mut connection = store.write().await?;
    let key = store::vapid::key(&mut connection, &Pusher::new_key()?).await?;
    connection.commit().await?;
    Ok(Some(Arc::new(Pusher::new(settings, &key)?)))
}

fn geocoder(setting: &GeocoderSetting) -> Result<Geocoder, reqwest::Error> {
    let answers = match setting.kind {
        GeocoderKind::Photon => Answers::Photon,
        GeocoderKind::Nominatim => Answers::Nominatim,
        GeocoderKind::Pelias => Answers::Pelias,
    };
    Geocoder::at(answers, &setting.url)
}

/// A hub without any addresses gets those of the settings, or the built-in ones.
async fn fill_places(config: &Config, store: &Store) -> anyhow::Result<()> {
    let mut connection = store.write().await?;
    if !store::places::is_empty(&mut connection).await? {
        return Ok(());
    }
    let gazetteer = match &config.gazetteer {
        Some(path) => Gazetteer::read(File::open(path)?).with_context(|| format!("{} is not a list of addresses", path.display()))?,
        None => Gazetteer::built_in(),
    };
    let rows: Vec<_> = gazetteer.places().map(place_row).collect();
    for part in rows.chunks(PLACES_AT_ONCE) {
        store::places::put(&mut connection, part).await?;
    }
    Ok(connection.commit().await?)
}

/// A place as it is stored and searched.
pub fn place_row(place: &places::Place) -> store::places::PlaceRow {
    store::places::PlaceRow { folded: places::spaced(&place.text), text: place.text.clone(), latitude: place.latitude, longitude: place.longitude }
}

/// The configured database, or a private one in the data folder.
pub async fn database(config: &Config) -> anyhow::Result<(Database, Option<PrivatePostgres>)> {
    if let Some(url) = &config.database_url {
        return Ok((Database::at(url.reveal())?, None));
    }
    let postgres = PrivatePostgres::start(&config.data).await?;
    Ok((postgres.database().clone(), Some(postgres)))
}

fn router((program, url): &(RouterProgram, RouterUrl)) -> Result<Router, NoWay> {
    let kind = match program {
        RouterProgram::Osrm => RouterKind::Osrm,
        RouterProgram::Valhalla => RouterKind::Valhalla,
    };
    Router::new(kind, url.as_str())
}

async fn keep_up_hourly(store: Store, keep_days: u16) {
    loop {
        tokio::time::sleep(UPKEEP).await;
        if let Err(error) = keep_up(&store, keep_days).await {
            tracing::warn!(%error, "upkeep failed; trying again in an hour");
        }
    }
}

/// Days ahead are made, days too old are dropped, and so are old commands and log-ins that ended.
async fn keep_up(store: &Store, keep_days: u16) -> Result<(), store::Error> {
    let now = clock::now();
    let mut connection = store.write().await?;
    store::fixes::make_days(&mut connection, now).await?;
    store::fixes::drop_days_before(&mut connection, now.plus_ms(-DAY_MS * i64::from(keep_days))).await?;
    store::commands::prune(&mut connection, now.plus_ms(-COMMANDS_KEPT_MS)).await?;
    store::creations::prune(&mut connection, now.plus_ms(-COMMANDS_KEPT_MS)).await?;
    store::sessions::prune(&mut connection, now).await?;
    store::files::forget_unused(&mut connection, now.plus_ms(-UNUSED_FILES_KEPT_MS)).await?;
    store::signups::prune(&mut connection, now).await?;
    store::resets::prune(&mut connection, now).await?;
    store::webhooks::prune(&mut connection, now.plus_ms(-MESSAGES_KEPT_MS)).await?;
    store::messages::prune(&mut connection, now.plus_ms(-MESSAGES_KEPT_MS)).await?;
    Ok(connection.commit().await?)
}
