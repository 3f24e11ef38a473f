use super::*;
use crate::domain::caller::Caller;
use crate::domain::command::Command;
use crate::domain::job::tests::{NOW, allocate, as_worker, decide, dispatcher, new_job, step, worker};

/// Goes on with a job, and says what each command told.
fn tells(job: &mut Job, caller: &Caller, command: &Command) -> Vec<Alert> {
    let event = decide(job, caller, command).unwrap_or_else(|refusal| panic!("{command:?}: {refusal:?}")).expect("it changes something");
    let before = job.clone();
    job.apply(&event);
    Alerts::of(Some(&before), &event, job).iter().collect()
}

fn reschedule(number: u128, minutes: i64) -> Command {
    Command::Reschedule { worker: Some(worker(number)), start: NOW.plus_min(minutes), end: Some(NOW.plus_min(minutes + 60)) }
}

#[test]
fn a_job_tells_each_part_of_its_life_once() {
    let (mut job, d, w) = (new_job(), dispatcher(), as_worker(1));
    assert_eq!(tells(&mut job, &d, &allocate()), []);
    assert_eq!(tells(&mut job, &d, &Command::Publish), [Alert::Published]);
    assert_eq!(tells(&mut job, &w, &Command::Accept), [Alert::Scheduled]);
    assert_eq!(tells(&mut job, &w, &Command::EnRoute), [Alert::EnRoute]);
    assert_eq!(tells(&mut job, &w, &step(0)), [Alert::Started]);
    assert_eq!(tells(&mut job, &w, &step(1)), []);
    assert_eq!(tells(&mut job, &w, &step(2)), [Alert::Completed]);
}

#[test]
fn only_a_shift_worth_a_word_is_a_change_and_many_small_ones_add_up() {
    let (mut job, d, w) = (new_job(), dispatcher(), as_worker(1));
    for (caller, command) in [(&d, allocate()), (&d, Command::Publish), (&w, Command::Accept)] {
        tells(&mut job, caller, &command);
    }
    assert_eq!(tells(&mut job, &d, &reschedule(1, 75)), [Alert::Moved]);
    assert_eq!(tells(&mut job, &d, &reschedule(1, 85)), [Alert::Changed, Alert::Moved]);
    assert_eq!(tells(&mut job, &d, &reschedule(1, 75)), [Alert::Moved]);
}

#[test]
fn another_worker_is_a_change_once_it_is_promised() {
    let (mut job, d, w) = (new_job(), dispatcher(), as_worker(1));
    for (caller, command) in [(&d, allocate()), (&d, Command::Publish), (&w, Command::Accept)] {
        tells(&mut job, caller, &command);
    }
    assert_eq!(tells(&mut job, &d, &Command::Unpublish), [Alert::Withdrawn]);
    assert_eq!(tells(&mut job, &d, &reschedule(2, 60)), []);
    assert_eq!(tells(&mut job, &d, &Command::Publish), [Alert::Published]);
    assert_eq!(tells(&mut job, &as_worker(2), &Command::Accept), [Alert::Changed]);
    assert_eq!(tells(&mut job, &d, &Command::Cancel { reason: None }), [Alert::Cancelled, Alert::Withdrawn]);
    tells(&mut job, &d, &Command::Reopen);
    assert_eq!(job.announced, None, "called off: what comes next is a new promise");
}

#[test]
fn a_decline_is_for_dispatchers_and_no_news_to_who_declined() {
    let (mut job, d, w) = (new_job(), dispatcher(), as_worker(1));
    tells(&mut job, &d, &allocate());
    tells(&mut job, &d, &Command::Publish);
    assert_eq!(tells(&mut job, &w, &Command::Decline { reason: "No time".into() }), [Alert::Declined]);
}

#[test]
fn an_undone_step_takes_back_what_it_said() {
    let (mut job, d, w) = (new_job(), dispatcher(), as_worker(1));
    for (caller, command) in [(&d, allocate()), (&d, Command::Publish), (&w, Command::Accept), (&w, step(0))] {
        tells(&mut job, caller, &command);
    }
    assert!(Alert::Started.holds(&job) && !Alert::Completed.holds(&job));
    tells(&mut job, &w, &Command::UndoStep);
    assert!(!Alert::Started.holds(&job) && Alert::Scheduled.holds(&job));
}

#[test]
fn masks_are_what_the_store_keeps() {
    let alerts: Alerts = [Alert::Started, Alert::Withdrawn].into_iter().collect();
    assert_eq!(alerts.0, 1 << 2 | 1 << 10);
    assert_eq!(alerts.iter().collect::<Vec<_>>(), [Alert::Started, Alert::Withdrawn]);
    for alert in Alert::ALL {
        assert_eq!(serde_json::to_value(alert).unwrap(), alert.word());
    }
}
