//! Medians, ratios, and the raw results as JSON.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;
use serde_json::json;

use crate::scenario::{Measured, Scenario};
use crate::target::Target;

/// The ratios' numerator.
const OURS: &str = "ours";
/// Above this, it is the generator that was measured.
const GENERATOR_LIMIT: f64 = 0.95;

#[derive(Debug)]
pub(crate) enum Run {
    Measured(Measured),
    Failed(String),
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Measured(run) => {
                write!(f, "{} {}", number(run.value), run.unit)?;
                if let Some(us) = run.cpu_us {
                    write!(f, ", {us:.2} µs each")?;
                }
                write!(
                    f,
                    ", server {:.0} %, generator {:.0} %",
                    run.server_load * 100.0,
                    run.own_load * 100.0
                )?;
                for (name, value) in &run.details {
                    write!(f, ", {name} {}", number(*value))?;
                }
                Ok(())
            }
            Self::Failed(reason) => write!(f, "failed: {reason}"),
        }
    }
}

#[derive(Debug)]
struct Row {
    scenario: &'static str,
    title: &'static str,
    target: &'static str,
    dialect: &'static str,
    runs: Vec<Run>,
}

#[derive(Debug)]
pub(crate) struct Report {
    pinned: bool,
    rows: Vec<Row>,
}

impl Report {
    pub(crate) fn new(pinned: bool) -> Self {
        Self { pinned, rows: Vec::new() }
    }

    pub(crate) fn add(&mut self, scenario: &Scenario, target: &Target, run: Run) {
        let found =
            self.rows.iter_mut().find(|row| (row.scenario, row.target) == (scenario.name, target.name));
        match found {
            Some(row) => row.runs.push(run),
            None => self.rows.push(Row {
                scenario: scenario.name,
                title: scenario.title,
                target: target.name,
                dialect: target.dialect.name(),
                runs: vec![run],
            }),
        }
    }

    /// The table. A ratio is ours over the peer's: of values and of CPU for each delivery.
    pub(crate) fn print(&self) {
        let mut scenario = "";
        for row in &self.rows {
            if row.scenario != scenario {
                scenario = row.scenario;
                println!("\n{} ({scenario})", row.title);
                println!(
                    "  {:<6} {:>12} {:<14} {:>6} {:>8} {:>6} {:>15} {:>7} {:>10}",
                    "server", "median", "", "ours/", "µs CPU", "ours/", "ms p50 / p99", "server", "generator"
                );
            }
            let ours = self.rows.iter().find(|other| (other.scenario, other.target) == (scenario, OURS));
            println!("{}", line(row, ours));
        }
        if !self.pinned {
            println!("\nOne core only: server and generator shared it, and the numbers mean little.");
        }
    }

    pub(crate) fn save(&self, directory: &Path) -> Result<PathBuf> {
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        let rows: Vec<_> = self.rows.iter().map(row_json).collect();
        let path = directory.join(format!("{seconds}.json"));
        fs::write(&path, serde_json::to_string_pretty(&json!({"pinned": self.pinned, "rows": rows}))?)?;
        Ok(path)
    }
}

fn line(row: &Row, ours: Option<&Row>) -> String {
    let value = median(row, |run| Some(run.value));
    let Some(value) = value else {
        let reason = row.runs.iter().find_map(|run| match run {
            Run::Failed(reason) => Some(reason.as_str()),
            Run::Measured(_) => None,
        });
        return format!("  {:<6} failed: {}", row.target, reason.unwrap_or_default());
    };
    let unit = measured(row).next().map_or("", |run| run.unit);
    let cpu = median(row, |run| run.cpu_us);
    let ratio = |pick: fn(&Measured) -> Option<f64>| -> String {
        let ours = ours.and_then(|ours| median(ours, pick));
        match (ours, median(row, pick)) {
            (Some(ours), Some(other)) if other > 0.0 => format!("{:.2}", ours / other),
            _ => String::new(),
        }
    };
    let latency =
        match (median(row, |run| Some(run.latency_ms?.0)), median(row, |run| Some(run.latency_ms?.1))) {
            (Some(p50), Some(p99)) => format!("{p50:.1} / {p99:.1}"),
            _ => String::new(),
        };
    let load = |pick: fn(&Measured) -> Option<f64>| median(row, pick).unwrap_or(0.0) * 100.0;
    let own = load(|run| Some(run.own_load));
    let mark = if own > GENERATOR_LIMIT * 100.0 { " limit" } else { "" };
    format!(
        "  {:<6} {:>12} {:<14} {:>6} {:>8} {:>6} {:>15} {:>6.0}% {:>9.0}%{mark}",
        row.target,
        number(value),
        unit,
        ratio(|run| Some(run.value)),
        cpu.map_or(String::new(), |us| format!("{us:.2}")),
        ratio(|run| run.cpu_us),
        latency,
        load(|run| Some(run.server_load)),
        own,
    )
}

fn measured(row: &Row) -> impl Iterator<Item = &Measured> {
    row.runs.iter().filter_map(|run| match run {
        Run::Measured(measured) => Some(measured),
        Run::Failed(_) => None,
    })
}

fn median(row: &Row, pick: impl Fn(&Measured) -> Option<f64>) -> Option<f64> {
    let mut values: Vec<f64> = measured(row).filter_map(pick).collect();
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => None,
        count if count % 2 == 1 => Some(values[count / 2]),
        count => Some(f64::midpoint(values[count / 2 - 1], values[count / 2])),
    }
}

fn row_json(row: &Row) -> serde_json::Value {
    let runs: Vec<_> = row
        .runs
        .iter()
        .map(|run| match run {
            Run::Failed(reason) => json!({"failed": reason}),
            Run::Measured(run) => json!({
                "value": run.value, "unit": run.unit, "more_is_better": run.more_is_better, "cpu_us": run.cpu_us,
                "latency_ms": run.latency_ms, "server_load": run.server_load, "own_load": run.own_load,
                "details": details_json(run),
            }),
        })
        .collect();
    json!({"scenario": row.scenario, "server": row.target, "kind": row.dialect, "runs": runs})
}

fn details_json(run: &Measured) -> serde_json::Map<String, serde_json::Value> {
    run.details.iter().map(|&(name, value)| (name.to_owned(), json!(value))).collect()
}

fn number(value: f64) -> String {
    if value >= 1000.0 {
        let whole = format!("{value:.0}");
        let mut grouped = String::new();
        for (index, digit) in whole.chars().enumerate() {
            if index > 0 && (whole.len() - index).is_multiple_of(3) {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        grouped
    } else {
        format!("{value:.2}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(target: &'static str, values: &[f64]) -> Row {
        let runs = values.iter().map(|&value| {
            Run::Measured(Measured {
                value,
                unit: "deliveries/s",
                more_is_better: true,
                cpu_us: Some(value / 10.0),
                latency_ms: None,
                server_load: 1.0,
                own_load: 0.5,
                details: Vec::new(),
            })
        });
        Row { scenario: "s", title: "S", target, dialect: "", runs: runs.collect() }
    }

    #[test]
    fn medians_and_ratios() {
        assert_eq!(median(&row("x", &[3.0, 1.0, 2.0]), |run| Some(run.value)), Some(2.0));
        assert_eq!(median(&row("x", &[1.0, 2.0]), |run| Some(run.value)), Some(1.5));
        assert_eq!(median(&row("x", &[]), |run| Some(run.value)), None);
        let text = line(&row("peer", &[50.0]), Some(&row(OURS, &[100.0])));
        assert!(text.contains(" 2.00 "), "{text}");
        let failed = Row { runs: vec![Run::Failed("no".into())], ..row("peer", &[]) };
        assert!(line(&failed, None).ends_with("failed: no"));
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(number(1_234_567.0), "1,234,567");
        assert_eq!(number(0.654), "0.65");
    }
}
