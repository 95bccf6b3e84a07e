//! SIGKILL at random moments of the work.

use std::time::Duration;

use anyhow::Result;
use tokio::sync::watch;
use tokio::time::sleep;

use crate::process::{Plan, Server};

/// After how many events a kill is due: spread over the work by chance, in order.
pub(super) fn points(seed: u64, kills: usize, events: u64) -> Vec<u64> {
    let mut random = fastrand::Rng::with_seed(seed);
    // the last tenth is left out: there may be fewer events than expected
    let end = (events * 9 / 10).max(1);
    let mut points: Vec<u64> = (0..kills).map(|_| random.u64(0..end)).collect();
    points.sort_unstable();
    points
}

/// Kills the server at each point and starts it again. Answers the last one, and how many there
/// were before it.
pub(super) async fn at_random(
    plan: Plan,
    mut server: Server,
    points: Vec<u64>,
    mut sent: watch::Receiver<u64>,
) -> Result<(Server, usize)> {
    let mut killed = 0;
    for point in points {
        if sent.wait_for(|sent| *sent >= point).await.is_err() {
            break;
        }
        // at any moment of whatever is under way, not at the end of an event
        sleep(Duration::from_micros(fastrand::u64(..20_000))).await;
        server.kill().await?;
        killed += 1;
        server = plan.start(0).await?;
    }
    // until all is sent
    while sent.changed().await.is_ok() {}
    Ok((server, killed))
}
