//! stub
use crate::hub::Hub;
use std::sync::Arc;
pub struct Drivers;
impl Drivers { pub async fn stop(self) {} }
pub async fn seed(_: &Arc<Hub>) -> anyhow::Result<()> { Ok(()) }
pub fn greeting(_: &str) -> String { String::new() }
pub fn drive(_: String) -> Drivers { Drivers }
