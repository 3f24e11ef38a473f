//! The hub is killed in the middle of everything, and nothing that it acknowledged is lost, and nothing is there twice.

use crate::fixes::fix;
use crate::harness::company::{self, Company, PASSWORD};
use crate::harness::{Job, PATIENCE, Program, dice, in_ms, rfc3339, tables};
use dispatch_hub::client::{Client, Socket};
use dispatch_hub::protocol::client::RawFix;
use dispatch_hub::protocol::{Encoding, ServerMessage};
use dispatch_hub::store::{Database, scratch};
use rand::RngExt as _;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;
use uuid::Uuid;

const KILLS: usize = 3;
/// Each orders, plans and publishes jobs for one worker.
const PAIRS: usize = 3;

/// What everybody of a run shares.
struct Run {
    url: String,
    /// How often the hub was started.
    starts: watch::Sender<usize>,
    /// How much was acknowledged.
    acks: watch::Sender<usize>,
    is_over: watch::Sender<bool>,
    log: Mutex<Log>,
}

/// What the hub acknowledged.
#[derive(Default)]
struct Log {
    /// In the order of the acknowledgements: by whom, under which key, of which job, with which number.
    commands: Vec<(Uuid, String, Job, i64)>,
    /// By device, times of fixes.
    fixes: HashMap<String, Vec<i64>>,
    orders: usize,
}

impl Run {
    fn acknowledged(&self, note: impl FnOnce(&mut Log)) {
        note(&mut self.log.lock().unwrap());
        self.acks.send_modify(|acks| *acks += 1);
    }

    /// The hub is gone: waits until it was started again.
    async fn next_start(&self, seen: usize) {
        let mut starts = self.starts.subscribe();
        timeout(5 * PATIENCE, starts.wait_for(|starts| *starts > seen)).await.expect("the hub comes back").expect("the test goes on");
    }

    /// Asks over HTTP until there is an answer. The key is always the same.
    async fn insists(&self, client: &Client, path: &str, body: &Value, key: &str) -> Value {
        loop {
            let seen = *self.starts.borrow();
            match client.request(Method::POST, path, Some(body), Some(key)).await {
                Ok(answer) if (200..300).contains(&answer.status) => return answer.body,
                Ok(answer) if answer.status == 503 => {}
                Ok(answer) => panic!("{body}: {}", answer.body),
                Err(_) => self.next_start(seen).await,
            }
        }
    }
}

/// Orders, plans and publishes, one job after another.
async fn dispatch(run: Arc<Run>, company: Company, number: usize, dispatcher: Client, person: Uuid, to_worker: mpsc::Sender<Job>) {
    while !*run.is_over.borrow() {
        let key = format!("order {}", Uuid::now_v7());
        let order = json!({ "template": company.errand, "customer": company.bakery.id });
        let made = run.insists(&dispatcher, "/api/jobs", &order, &key).await;
        let job = Job::of(&made["jobs"][0]);
        run.acknowledged(|log| log.orders += 1);
        let allocate = json!({ "do": "allocate", "worker": company.worker(number), "start": rfc3339(in_ms(3_600_000)) });
        for command in [allocate, json!({ "do": "publish" })] {
            let key = Uuid::now_v7().to_string();
            let done = run.insists(&dispatcher, &format!("/api/jobs/{job}/commands"), &command, &key).await;
            let seq = done["seq"].as_i64().expect("a number");
            run.acknowledged(|log| log.commands.push((person, key, job, seq)));
        }
        to_worker.send(job).await.expect("the worker works");
    }
}

/// Does each job, and says all the time where they are.
async fn work(run: Arc<Run>, worker: Client, person: Uuid, mut jobs: mpsc::Receiver<Job>) {
    let mut phone = Phone { device: format!("phone of {person}"), socket: None, seen: 0, n: 0, time_ms: in_ms(-500_000), run, worker };
    phone.insists_on_duty().await;
    while let Some(job) = jobs.recv().await {
        for command in [json!({ "do": "accept" }), json!({ "do": "en_route" }), json!({ "do": "complete_step", "step": 0 })] {
            phone.measures().await;
            let id = Uuid::now_v7();
            let seq = phone.does(id, job, command).await;
            phone.run.acknowledged(|log| log.commands.push((person, id.to_string(), job, seq)));
        }
    }
}

/// A phone that keeps what is not acknowledged and sends it again.
struct Phone {
    run: Arc<Run>,
    worker: Client,
    device: String,
    socket: Option<Socket>,
    /// The start of the hub that the socket belongs to.
    seen: usize,
    n: i64,
    time_ms: i64,
}

impl Phone {
    async fn socket(&mut self) -> &mut Socket {
        while self.socket.is_none() {
            self.seen = *self.run.starts.borrow();
            match self.worker.socket(Encoding::Msgpack).await {
                Ok(socket) => self.socket = Some(socket),
                Err(_) => self.run.next_start(self.seen).await,
            }
        }
        self.socket.as_mut().expect("just opened")
    }

    async fn insists_on_duty(&mut self) {
        loop {
            let socket = self.socket().await;
            if let Ok(reference) = socket.sender().duty(true).await
                && let Ok(answer) = socket.answer(reference).await
            {
                answer.expect("workers go on duty");
                return;
            }
            self.socket = None;
        }
    }

    async fn does(&mut self, id: Uuid, job: Job, command: Value) -> i64 {
        let body = serde_json::from_value::<dispatch_hub::protocol::client::CommandBody<_>>(command).expect("a command");
        loop {
            let socket = self.socket().await;
            if let Ok(reference) = socket.sender().command(id, job.0, body.clone()).await
                && let Ok(answer) = timeout(PATIENCE, socket.answer(reference)).await.expect("an answer in time")
            {
                match answer {
                    Ok(ok) => return ok.seq.expect("a number"),
                    Err(problem) if problem.name() == "busy" => continue,
                    Err(problem) => panic!("{job}: {problem:?}"),
                }
            }
            self.socket = None;
        }
    }

    async fn measures(&mut self) {
        self.n += 1;
        let times: Vec<i64> = (0..5).map(|nth| self.time_ms + nth * 10).collect();
        self.time_ms += 100;
        let fixes: Vec<RawFix> = times.iter().map(|time| fix(*time, 60.17, 24.94)).collect();
        let (n, device) = (self.n, self.device.clone());
        loop {
            let socket = self.socket().await;
            if socket.sender().fixes(n, fixes.clone(), Some(&device)).await.is_ok()
                && timeout(PATIENCE, stored(socket, n)).await.expect("stored in time")
            {
                break;
            }
            self.socket = None;
        }
        self.run.acknowledged(|log| log.fixes.entry(device).or_default().extend(times));
    }
}

/// Whether it was stored; false if the socket ended before.
async fn stored(socket: &mut Socket, n: i64) -> bool {
    loop {
        match socket.next_message().await {
            Ok(ServerMessage::Stored(stored)) if stored.n >= n => return true,
            Ok(_) => {}
            Err(_) => return false,
        }
    }
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_and_nothing_is_done_twice() {
    let mut dice = dice("killing the hub");
    let (database, store) = scratch::store().await.unwrap();
    let company = company::found(&store, "north").await;
    let mut program = Program::start(&database).await;
    let run = Arc::new(Run {
        url: program.url().to_owned(),
        starts: watch::Sender::new(1),
        acks: watch::Sender::new(0),
        is_over: watch::Sender::new(false),
        log: Mutex::default(),
    });
    let mut people = Vec::new();
    for number in 1..=PAIRS {
        let log_in = async |who: &str| {
            let client = Client::login(&run.url, &format!("{who}@north.example"), PASSWORD, None).await.unwrap();
            let person = client.me().await.unwrap().id;
            (client, person)
        };
        let (dispatcher, person) = log_in(if number == 1 { "admin" } else { "dispatcher1" }).await;
        let (jobs, to_do) = mpsc::channel(4);
        people.push(tokio::spawn(dispatch(Arc::clone(&run), company.clone(), number, dispatcher, person, jobs)));
        let (worker, person) = log_in(&format!("worker{number}")).await;
        people.push(tokio::spawn(work(Arc::clone(&run), worker, person, to_do)));
    }
    for _ in 0..KILLS {
        let target = *run.acks.borrow() + dice.random_range(60..300);
        let mut acks = run.acks.subscribe();
        timeout(5 * PATIENCE, acks.wait_for(|acks| *acks >= target)).await.expect("the hub works").unwrap();
        program.kill_and_restart().await;
        run.starts.send_modify(|starts| *starts += 1);
    }
    let target = *run.acks.borrow() + 100;
    timeout(5 * PATIENCE, run.acks.subscribe().wait_for(|acks| *acks >= target)).await.expect("the hub works on").unwrap();
    run.is_over.send_replace(true);
    for person in people {
        person.await.expect("everybody got their answers");
    }
    let log = std::mem::take(&mut *run.log.lock().unwrap());
    check(&database, &log).await;
}

/// Compares what clients know with what the tables say.
async fn check(database: &Database, log: &Log) {
    let events = tables::find(database, "select seq, job, version, cmd from event order by seq").await;
    let number = |event: &Value, member: &str| event[member].as_i64().unwrap();
    for (index, event) in events.iter().enumerate() {
        assert_eq!(number(event, "seq"), i64::try_from(index).unwrap() + 1, "the log has no hole");
    }
    let mut versions: HashMap<&Value, i64> = HashMap::new();
    let mut by_command: HashMap<&Value, Vec<&Value>> = HashMap::new();
    for event in &events {
        let version = versions.entry(&event["job"]).or_default();
        *version += 1;
        assert_eq!(number(event, "version"), *version, "a job's events are in the order of its versions");
        by_command.entry(&event["cmd"]).or_default().push(event);
    }
    let mut last: HashMap<Job, i64> = HashMap::new();
    for (person, key, job, seq) in &log.commands {
        let stored = json!(Uuid::new_v5(person, key.as_bytes()));
        let made = by_command.get(&stored).map(Vec::as_slice).unwrap_or_default();
        assert_eq!(made.len(), 1, "{key} was acknowledged and made {} events", made.len());
        assert_eq!((number(made[0], "seq"), &made[0]["job"]), (*seq, &json!(job.0)), "{key}");
        let before = last.insert(*job, *seq).unwrap_or_default();
        assert!(before < *seq, "what was acknowledged first came first");
    }
    let jobs = tables::find(database, "select count(*) as jobs, count(distinct number) as numbers from job").await;
    assert_eq!(jobs[0], json!({ "jobs": log.orders, "numbers": log.orders }), "every order is one job");
    let stored = tables::find(database, "select device, (extract(epoch from at) * 1000)::bigint as at from fix").await;
    let mut times: HashMap<&str, Vec<i64>> = HashMap::new();
    for row in &stored {
        times.entry(row["device"].as_str().unwrap()).or_default().push(row["at"].as_i64().unwrap());
    }
    for (device, acknowledged) in &log.fixes {
        let stored = times.get_mut(device.as_str()).expect("a device with fixes");
        stored.sort_unstable();
        assert_eq!(stored, acknowledged, "{device}: each once, and none is missing");
    }
    let invoices = tables::find(
        database,
        "select i.number, j.doc #>> '{job,invoice,number}' as on_job from invoice i join job j on j.id = i.job order by i.number",
    )
    .await;
    let completed = tables::find(database, "select count(*) as jobs from job where status = 6").await;
    assert_eq!(json!(invoices.len()), completed[0]["jobs"], "each completed job has its invoice");
    for (index, invoice) in invoices.iter().enumerate() {
        let expected = index + 1;
        assert_eq!((&invoice["number"], &invoice["on_job"]), (&json!(expected), &json!(expected.to_string())), "the row of invoices has no hole");
    }
    println!("{} commands, {} orders, {} fixes", log.commands.len(), log.orders, stored.len());
}
