//! A dispatcher of the crowd: holds the schedule and a map open, and notices any event that is missing.

use crate::{
    crowd::{Crowd, Phase, back_off},
    glance::Glance,
    measure::{Latency, now_ms},
};
use dispatch_hub::{
    client::{Client, Error},
    domain::ids::{TenantId, WorkerId},
    protocol::{Encoding, Topic, client::Viewport},
};
use std::{collections::HashMap, sync::Arc};

/// Half the edge of the map's view: some kilometres of town.
const VIEW_DEG: f64 = 0.02;

/// One dispatcher.
pub(crate) struct Dispatcher {
    crowd: Arc<Crowd>,
    tenant: TenantId,
    number: usize,
    client: Client,
    /// The middle of the map.
    looks_at: (f64, f64),
    /// The last event seen.
    seq: Option<i64>,
    looked_ms: i64,
    /// The time of each worker's position on the map.
    shown_ms: HashMap<WorkerId, i64>,
}

impl Dispatcher {
    /// A dispatcher who looks at a place.
    pub(crate) fn new(crowd: Arc<Crowd>, tenant: TenantId, number: usize, client: Client, looks_at: (f64, f64)) -> Self {
        Self { crowd, tenant, number, client, looks_at, seq: None, looked_ms: 0, shown_ms: HashMap::new() }
    }

    /// Watches until the crowd is sent home.
    pub(crate) async fn run(mut self) {
        let mut attempt = 0;
        loop {
            match self.session(&mut attempt).await {
                Ok(()) => return,
                Err(Error::Closed(closed)) => self.crowd.measures.closed(&closed),
                Err(Error::Unreachable(_)) => {}
                Err(error) => self.crowd.measures.fault(&error.to_string()),
            }
            if !back_off(&self.crowd, &mut attempt).await {
                return;
            }
        }
    }

    async fn session(&mut self, attempt: &mut u32) -> Result<(), Error> {
        let (sender, mut receiver) = self.client.socket(Encoding::Msgpack).await?.split();
        sender.subscribe(Topic::Schedule, self.seq).await?;
        sender.subscribe(Topic::Map, None).await?;
        let (latitude, longitude) = self.looks_at;
        let viewport = Viewport {
            west: longitude - 2.0 * VIEW_DEG,
            south: latitude - VIEW_DEG,
            east: longitude + 2.0 * VIEW_DEG,
            north: latitude + VIEW_DEG,
            zoom: 13.0,
        };
        self.looked_ms = now_ms();
        sender.viewport(viewport).await?;
        let mut phase = self.crowd.phase.clone();
        loop {
            if *phase.borrow() == Phase::Over {
                return Ok(());
            }
            tokio::select! {
                frame = receiver.next() => {
                    *attempt = 0;
                    self.take_in(Glance::at(&frame?)?)?;
                }
                _ = phase.changed() => {}
            }
        }
    }

    fn take_in(&mut self, glance: Glance) -> Result<(), Error> {
        let measures = &self.crowd.measures;
        match glance {
            Glance::Snapshot { seq, more: false } => {
                self.seq = Some(seq);
                measures.ledger().dispatchers.insert(self.number, (self.tenant, seq));
            }
            Glance::Event { seq, kind, job_id, notes } => {
                if kind == "job_created" {
                    if let Some(sent) = notes.and_then(|notes| measures.job_sent(&notes)) {
                        measures.took(Latency::PortalJobToDispatcher, sent);
                    }
                } else if let Some(sent) = measures.command_sent(job_id, &kind) {
                    measures.took(Latency::CommandToDispatcher, sent);
                }
                let last = self.seq.unwrap_or(seq);
                if seq <= last {
                    measures.fault("event repeated or before the snapshot");
                    return Ok(());
                }
                let mut ledger = measures.ledger();
                ledger.gaps.extend((last + 1..seq).map(|missed| (self.number, missed)));
                ledger.dispatchers.insert(self.number, (self.tenant, seq));
                self.seq = Some(seq);
            }
            Glance::Positions { list } => {
                // What is in view at first may be old, and a new status comes with a known position: only what moved tells the delay.
                for position in list {
                    let before_ms = self.shown_ms.insert(position.0, position.1.0).unwrap_or(self.looked_ms);
                    if position.1.0 > before_ms.max(self.looked_ms) {
                        measures.took_since_ms(Latency::FixToMap, position.1.0);
                    }
                }
            }
            Glance::Refused { problem } => {
                measures.fault(&problem);
                // A subscription that was refused as "busy" is asked for again, on a new socket.
                return Err(Error::Unreachable(problem));
            }
            Glance::Snapshot { .. } | Glance::Other => {}
        }
        Ok(())
    }
}
