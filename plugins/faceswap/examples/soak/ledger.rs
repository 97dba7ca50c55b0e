//! The lines and the summary.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::deed::Deed;
use super::process::Process;
use super::stream::Stream;

/// Part by which resident memory may grow.
const MORE: f64 = 1.1;

/// What was seen at the end of each line, with the pipeline stopped.
struct Seen {
    minutes: f64,
    process: Process,
    latency: f64,
}

/// What was done and seen.
pub(crate) struct Ledger {
    seed: u64,
    /// Deeds done.
    pub(crate) deeds: u64,
    by_name: BTreeMap<&'static str, u64>,
    seen: Vec<Seen>,
}

impl Ledger {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, deeds: 0, by_name: BTreeMap::new(), seen: Vec::new() }
    }

    /// Another deed.
    pub(crate) fn deed(&mut self, deed: &Deed<'_>) {
        self.deeds += 1;
        *self.by_name.entry(deed.name()).or_default() += 1;
    }

    /// One line of a pipeline that is stopped: what it holds then does not hang on which clip is playing.
    #[allow(clippy::print_stdout, reason = "the report of a program")]
    pub(crate) fn line(&mut self, elapsed: Duration, stream: &Stream) {
        let (process, latency, minutes) = (Process::now(), stream.latency, elapsed.as_secs_f64() / 60.0);
        println!(
            "{minutes:5.1} min  {} deeds  {} frames  {} drops  latency {latency:.1} ms  {process}",
            self.deeds,
            stream.counts.left.load(Ordering::Relaxed),
            stream.drops,
        );
        self.seen.push(Seen { minutes, process, latency });
    }

    /// The summary; an error where something grew or came out of order.
    #[allow(clippy::print_stdout, reason = "the report of a program")]
    pub(crate) fn close(&self, elapsed: Duration, stream: &Stream) -> anyhow::Result<()> {
        let third = (self.seen.len() / 3).max(1);
        let mean = |of: &dyn Fn(&Seen) -> f64, seen: &[Seen]| seen.iter().map(of).sum::<f64>() / seen.len() as f64;
        let (Some(first), Some(last)) =
            (self.seen.get(..third), self.seen.get(self.seen.len().saturating_sub(third)..))
        else {
            anyhow::bail!("not a single line: give it a minute at the least");
        };
        let both = |of: &dyn Fn(&Seen) -> f64| (mean(of, first), mean(of, last));
        let memory = both(&|seen| seen.process.resident);
        let threads = both(&|seen| seen.process.threads as f64);
        let files = both(&|seen| seen.process.files as f64);
        let latency = both(&|seen| seen.latency);
        let span = (mean(&|seen| seen.minutes, last) - mean(&|seen| seen.minutes, first)).max(f64::EPSILON);
        let disorder = stream.counts.disorder.load(Ordering::Relaxed);
        let deeds: Vec<_> = self.by_name.iter().map(|(name, count)| format!("{count} {name}")).collect();

        println!(
            "\nseed {}, {:.1} min, {} deeds: {}",
            self.seed,
            elapsed.as_secs_f64() / 60.0,
            self.deeds,
            deeds.join(", ")
        );
        let [entered, left] = [&stream.counts.entered, &stream.counts.left].map(|count| count.load(Ordering::Relaxed));
        println!("frames: {entered} in, {left} out, {} dropped by the element, {disorder} out of order", stream.drops);
        println!("warnings: {}", stream.warnings);
        println!("first and last third, stopped:");
        let slope = (memory.1 - memory.0) / span;
        println!("  resident    {:.1} -> {:.1} MiB ({slope:+.2} MiB a minute)", memory.0, memory.1);
        println!("  threads     {:.1} -> {:.1}", threads.0, threads.1);
        println!("  open files  {:.1} -> {:.1}", files.0, files.1);
        println!("  latency     {:.1} -> {:.1} ms", latency.0, latency.1);

        anyhow::ensure!(disorder == 0, "{disorder} frames out of order");
        anyhow::ensure!(memory.1 <= MORE * memory.0, "memory grew from {:.1} to {:.1} MiB", memory.0, memory.1);
        anyhow::ensure!(threads.1 <= threads.0 + 1.0, "threads stay");
        anyhow::ensure!(files.1 <= files.0 + 1.0, "files stay open");
        Ok(())
    }
}
