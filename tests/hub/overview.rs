//! The day overview: what it counts, whose it is, and its table.

use crate::harness::{Person, TestHub, in_ms, rfc3339};
use jiff::civil::Date;
use reqwest::Method;
use serde_json::{Value, json};

/// Yesterday, today and tomorrow together: whatever the clock says, what happens now and what is planned for soon is in it.
async fn around_now(person: &Person) -> Vec<Value> {
    let today: Date = person.reads("/api/overview").await["day"].as_str().unwrap().parse().unwrap();
    let mut days = Vec::new();
    for day in [today.yesterday().unwrap(), today, today.tomorrow().unwrap()] {
        days.push(person.reads(&format!("/api/overview?day={day}")).await);
    }
    days
}

fn sum(days: &[Value], count: impl Fn(&Value) -> &Value) -> i64 {
    days.iter().map(|day| count(day).as_i64().unwrap()).sum()
}

fn with_status(days: &[Value], status: &str) -> i64 {
    sum(days, |day| &day["statuses"].as_array().unwrap().iter().find(|count| count["status"] == status).unwrap()["count"])
}

#[tokio::test]
async fn the_days_jobs_are_summed_up_and_those_of_another_company_are_not() {
    let hub = TestHub::start().await;
    let (dispatcher, worker) = (hub.dispatcher(1).await, hub.worker(1).await);
    let order = async |more: Value| {
        let mut body = json!({ "customer": hub.company().bakery.id });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        dispatcher.orders(hub.company().errand, body).await
    };
    let place = |minutes: i64| json!({ "do": "allocate", "worker": hub.company().worker(1), "start": rfc3339(in_ms(minutes * 60_000)) });
    order(json!({})).await;
    let late = order(json!({})).await;
    dispatcher.does(late, place(-20)).await;
    let declined = order(json!({ "requested_start": rfc3339(in_ms(60_000)) })).await;
    let done = order(json!({})).await;
    for job in [declined, done] {
        dispatcher.does(job, place(0)).await;
        dispatcher.does(job, json!({ "do": "publish" })).await;
    }
    worker.does(declined, json!({ "do": "decline", "reason": "Too far" })).await;
    worker.does(done, json!({ "do": "accept" })).await;
    worker.does(done, json!({ "do": "complete_step", "step": 0 })).await;

    let days = around_now(&dispatcher).await;
    let counts = ["unassigned", "allocated", "completed", "pending"].map(|status| with_status(&days, status));
    assert_eq!(counts, [1, 1, 1, 0], "a job without a date belongs to no day");
    assert_eq!(["late", "unpublished", "declined", "completed", "first_time"].map(|count| sum(&days, |day| &day[count])), [1, 1, 1, 1, 1]);
    let load = |day: &Value| {
        let loads = day["workers"].as_array().unwrap();
        loads.iter().find(|load| load["id"] == json!(hub.company().worker(1))).unwrap()["planned_min"].as_i64().unwrap()
    };
    assert!(days.iter().map(load).sum::<i64>() > 0);
    let foreign = around_now(&hub.log_in("dispatcher1@south.example").await).await;
    assert_eq!(["unassigned", "allocated", "completed"].map(|status| with_status(&foreign, status)), [0, 0, 0]);
}

#[tokio::test]
async fn a_day_is_a_date_and_its_table_is_text() {
    let hub = TestHub::start().await;
    let dispatcher = hub.dispatcher(1).await;
    for wrong in ["2026-02-30", "today", "99999-01-01"] {
        let refused = dispatcher.tries(Method::GET, &format!("/api/overview?day={wrong}"), None, None).await;
        assert_eq!((refused.status, &refused.body["errors"][0]["pointer"]), (422, &json!("/day")), "{wrong}");
    }
    hub.tamper("update worker set name = '=1+1' where name like '%Aino%'").await;
    let answer = hub
        .asks(Method::GET, "/api/overview.csv?day=2026-11-27")
        .header("cookie", format!("hub_session={}", dispatcher.session))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.headers()["content-type"], "text/csv; charset=utf-8");
    assert!(answer.headers()["content-disposition"].to_str().unwrap().contains("overview-2026-11-27.csv"));
    let table = answer.text().await.unwrap();
    assert!(table.starts_with("day,worker,available_min,planned_min,worked_min\r\n2026-11-27,"), "{table}");
    assert!(!table.contains(",=1+1,"), "a formula is text: {table}");
}
