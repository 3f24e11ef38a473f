//! A portal user of the crowd: watches their jobs live and orders another now and then.

use crate::{
    crowd::{Crowd, Phase, back_off},
    glance::Glance,
    measure::{Latency, now_ms},
    worker::{next, ticking},
};
use dispatch_hub::{
    client::{Client, Error, Method},
    domain::ids::{CustomerId, JobId, TemplateId},
    protocol::{Encoding, Topic},
};
use serde_json::json;
use std::{sync::Arc, time::Instant};
use uuid::Uuid;

/// One portal user.
pub(crate) struct Portal {
    crowd: Arc<Crowd>,
    number: usize,
    client: Client,
    customer: CustomerId,
    template: TemplateId,
    /// The last event seen.
    seq: Option<i64>,
    looked_ms: i64,
}

impl Portal {
    /// A portal user who orders for one customer.
    pub(crate) fn new(crowd: Arc<Crowd>, number: usize, client: Client, customer: CustomerId, template: TemplateId) -> Self {
        Self { crowd, number, client, customer, template, seq: None, looked_ms: 0 }
    }

    /// Watches and orders until the crowd is sent home.
    pub(crate) async fn run(mut self) {
        let ordering = tokio::spawn(order(Arc::clone(&self.crowd), self.client.clone(), self.number, self.customer, self.template));
        let mut attempt = 0;
        loop {
            match self.session(&mut attempt).await {
                Ok(()) => break,
                Err(Error::Closed(closed)) => self.crowd.measures.closed(&closed),
                Err(Error::Unreachable(_)) => {}
                Err(error) => self.crowd.measures.fault(&error.to_string()),
            }
            if !back_off(&self.crowd, &mut attempt).await {
                break;
            }
        }
        if ordering.await.is_err() {
            self.crowd.measures.fault("an ordering task panicked");
        }
    }

    async fn session(&mut self, attempt: &mut u32) -> Result<(), Error> {
        let (sender, mut receiver) = self.client.socket(Encoding::Msgpack).await?.split();
        sender.subscribe(Topic::Portal, self.seq).await?;
        self.looked_ms = now_ms();
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
                measures.ledger().portals.entry(self.number).or_default().1 = seq;
            }
            Glance::Event { seq, kind, job_id, .. } => {
                if let Some(sent) = measures.command_sent(job_id, &kind) {
                    measures.took(Latency::CommandToCustomer, sent);
                }
                if self.seq.is_some_and(|last| seq <= last) {
                    measures.fault("event repeated or out of order");
                }
                self.seq = Some(seq);
                measures.ledger().portals.entry(self.number).or_default().0.insert(seq);
            }
            Glance::Positions { list } => {
                for time_ms in list.into_iter().map(|position| position.1.0).filter(|time_ms| *time_ms > self.looked_ms) {
                    measures.took_since_ms(Latency::FixToCustomer, time_ms);
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

/// Orders on a clock of its own. An order that was not answered is sent again with the same key until it is.
async fn order(crowd: Arc<Crowd>, client: Client, number: usize, customer: CustomerId, template: TemplateId) {
    let mut orders = crowd.plan.order_every.map(ticking);
    let mut phase = crowd.phase.clone();
    let mut count = 0;
    loop {
        let due = tokio::select! {
            () = next(&mut orders) => true,
            _ = phase.changed() => false,
        };
        match (*phase.borrow(), due) {
            (Phase::Working, true) => {}
            (Phase::Working | Phase::Gathering, _) => continue,
            (Phase::Finishing | Phase::Over, _) => return,
        }
        count += 1;
        let notes = format!("order {number}-{count}");
        let body = json!({ "template": template, "customer": customer, "notes": notes, "steps": [
            { "index": 0, "address": { "text": "Mannerheimintie 1", "latitude": 60.1689, "longitude": 24.9414 } },
            { "index": 1, "address": { "text": "Aleksanterinkatu 2", "latitude": 60.1687, "longitude": 24.9524 } },
        ] });
        let key = Uuid::now_v7().to_string();
        crowd.measures.ordered(notes);
        let (sent, mut attempt) = (Instant::now(), 0);
        loop {
            match client.request(Method::POST, "/api/jobs", Some(&body), Some(&key)).await {
                Ok(answer) if answer.status == 201 => {
                    crowd.measures.took(Latency::PortalJobAck, sent);
                    let id = answer.body["jobs"][0]["id"].as_str().and_then(|id| id.parse::<Uuid>().ok());
                    match id {
                        Some(id) => crowd.measures.ledger().created.push(JobId(id)),
                        None => crowd.measures.fault("201 without a job"),
                    }
                    break;
                }
                Ok(answer) if answer.status < 429 => {
                    crowd.measures.fault(&format!("order refused: {} {}", answer.status, answer.body["detail"]));
                    break;
                }
                Ok(_) | Err(_) if back_off(&crowd, &mut attempt).await => {}
                Ok(_) | Err(_) => return,
            }
        }
    }
}
