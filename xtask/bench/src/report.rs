//! The table at the terminal: medians and ratios.

use std::fmt;

use crate::results::{Results, Row, Run};
use crate::scenario::Measured;

/// The ratios' numerator.
pub(crate) const OURS: &str = "ours";

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Measured(run) => {
                write!(f, "{} {}", number(run.value), run.unit)?;
                if let Some(us) = run.cpu_us {
                    write!(f, ", {us:.2} µs each")?;
                }
                let percent = |load: f64| load * 100.0;
                write!(f, ", server {:.0} %", percent(run.server_load))?;
                write!(f, ", generator {:.0} %", percent(run.own_load))?;
                for (name, value) in &run.details {
                    write!(f, ", {name} {}", number(*value))?;
                }
                Ok(())
            }
            Self::Failed(reason) => write!(f, "failed: {reason}"),
        }
    }
}

/// A ratio is ours over the peer's: of values and of CPU for each delivery.
pub(crate) fn print(results: &Results) {
    let mut scenario = "";
    for row in &results.rows {
        if row.scenario != scenario {
            scenario = &row.scenario;
            println!("\n{} ({scenario})", row.title);
            println!(
                "  {:<6} {:>12} {:<14} {:>6} {:>8} {:>6} {:>15} {:>7} {:>10}",
                "server", "median", "", "ours/", "µs CPU", "ours/", "ms p50 / p99", "server", "generator"
            );
        }
        println!("{}", line(row, results.find(scenario, OURS)));
    }
    if !results.pinned {
        println!("\nOne core only: server and generator shared it, and the numbers mean little.");
    }
}

fn line(row: &Row, ours: Option<&Row>) -> String {
    let Some(value) = row.value() else {
        return format!("  {:<6} failed: {}", row.server, row.failure().unwrap_or_default());
    };
    let unit = row.measured().next().map_or("", |run| run.unit.as_ref());
    let cpu = row.median(|run| run.cpu_us);
    let ratio = |pick: fn(&Measured) -> Option<f64>| -> String {
        match (ours.and_then(|ours| ours.median(pick)), row.median(pick)) {
            (Some(ours), Some(other)) if other > 0.0 => format!("{:.2}", ours / other),
            _ => String::new(),
        }
    };
    let latency = match (row.median(|run| Some(run.latency_ms?.0)), row.median(|run| Some(run.latency_ms?.1)))
    {
        (Some(p50), Some(p99)) => format!("{p50:.1} / {p99:.1}"),
        _ => String::new(),
    };
    let load = |pick: fn(&Measured) -> Option<f64>| row.median(pick).unwrap_or(0.0) * 100.0;
    let mark = if row.generator_was_the_limit() { " limit" } else { "" };
    format!(
        "  {:<6} {:>12} {:<14} {:>6} {:>8} {:>6} {:>15} {:>6.0}% {:>9.0}%{mark}",
        row.server,
        number(value),
        unit,
        ratio(|run| Some(run.value)),
        cpu.map_or(String::new(), |us| format!("{us:.2}")),
        ratio(|run| run.cpu_us),
        latency,
        load(|run| Some(run.server_load)),
        load(|run| Some(run.own_load)),
    )
}

/// For people: thousands grouped, small ones with two decimals.
pub(crate) fn number(value: f64) -> String {
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
    use crate::results::tests::row;

    #[test]
    fn ratios_and_failures() {
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
