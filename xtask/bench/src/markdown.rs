//! The tables of `docs/BENCHMARKS.md`, from the raw results.

use crate::report::OURS;
use crate::results::{Results, Row};
use crate::scenario::{Measured, SCENARIOS};
use crate::target::TARGETS;

/// What is wanted of one figure beside a peer's.
struct Goal {
    scenario: &'static str,
    figure: Figure,
    /// Over which server's figure; none: the figure itself.
    over: Option<&'static str>,
    bound: Bound,
}

#[derive(Clone, Copy)]
enum Figure {
    Value,
    Cpu,
    Median,
}

#[derive(Clone, Copy)]
enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

const fn goal(scenario: &'static str, figure: Figure, over: &'static str, bound: Bound) -> Goal {
    Goal { scenario, figure, over: Some(over), bound }
}

const fn alone(scenario: &'static str, figure: Figure, bound: Bound) -> Goal {
    Goal { scenario, figure, over: None, bound }
}

#[rustfmt::skip]
const GOALS: &[Goal] = &[
    goal("room-1000-k16", Figure::Value, "uws", Bound::AtLeast(1.0)),
    goal("room-1000-k64", Figure::Value, "bun", Bound::AtLeast(1.8)),
    goal("room-1000-k128", Figure::Value, "bun", Bound::AtLeast(2.5)),
    goal("room-1000-k1", Figure::Cpu, "uws", Bound::AtMost(0.8)),
    goal("fixed-20k", Figure::Cpu, "uws", Bound::AtMost(1.15)),
    goal("fixed-400k", Figure::Cpu, "uws", Bound::AtMost(0.7)),
    goal("fixed-400k", Figure::Median, "uws", Bound::AtMost(1.5)),
    goal("rooms-1000x5", Figure::Value, "uws", Bound::AtLeast(0.8)),
    goal("bun-chat", Figure::Value, "bun", Bound::AtLeast(1.7)),
    alone("idle", Figure::Value, Bound::AtMost(4.0)),
    alone("accept", Figure::Value, Bound::AtLeast(12_000.0)),
    alone("quiet-p99", Figure::Value, Bound::AtMost(2.0)),
    goal("room-100-k16", Figure::Value, "ultimo", Bound::AtLeast(5.0)),
    goal("room-100-k16", Figure::Value, "warp", Bound::AtLeast(5.0)),
    goal("room-100-k16", Figure::Value, "axum", Bound::AtLeast(5.0)),
    goal("room-1000-k16", Figure::Value, "ultimo", Bound::AtLeast(5.0)),
    goal("room-1000-k16", Figure::Value, "warp", Bound::AtLeast(5.0)),
    goal("room-1000-k16", Figure::Value, "axum", Bound::AtLeast(5.0)),
    goal("rooms-1000x5", Figure::Value, "ultimo", Bound::AtLeast(1.4)),
    goal("rooms-1000x5", Figure::Value, "warp", Bound::AtLeast(1.4)),
    goal("rooms-1000x5", Figure::Value, "axum", Bound::AtLeast(1.4)),
];

/// The rooms that differ in nothing but their size.
const SIZES: &[&str] = &["room-100-k16", "room-300-k16", "room-1000-k16", "room-3000-k16", "room-5000-k16"];

type Cell = fn(&Row) -> Option<String>;

/// All tables.
pub(crate) fn write(results: &Results) -> String {
    let cpu = |row: &Row| row.median(|run| run.cpu_us).map(|us| format!("{us:.2}"));
    let latency = |row: &Row| {
        let p50 = row.median(|run| Some(run.latency_ms?.0))?;
        let p99 = row.median(|run| Some(run.latency_ms?.1))?;
        Some(format!("{p50:.1} / {p99:.1}"))
    };
    let frames = |row: &Row| row.detail("frames a read").map(|count| format!("{count:.1}"));
    [
        table(results, "median", value),
        table(results, "µs of CPU each", cpu),
        table(results, "ms p50 / p99", latency),
        table(results, "frames a read", frames),
        details(results),
        goals(results),
    ]
    .join("\n")
}

/// One line for each scenario, one column for each server.
fn table(results: &Results, title: &str, cell: Cell) -> String {
    let servers: Vec<&str> = TARGETS
        .iter()
        .map(|target| target.name)
        .filter(|name| results.rows.iter().any(|row| row.server == *name))
        .collect();
    let mut lines = vec![
        format!("| {title} | {} |", servers.join(" | ")),
        format!("|---|{}", "--:|".repeat(servers.len())),
    ];
    for scenario in SCENARIOS {
        let cells: Vec<Option<String>> =
            servers.iter().map(|server| cell(results.find(scenario.name, server)?)).collect();
        if cells.iter().all(Option::is_none) {
            continue;
        }
        let cells: Vec<String> =
            cells.into_iter().map(|cell| cell.unwrap_or_else(|| "–".to_owned())).collect();
        lines.push(format!("| `{}` | {} |", scenario.name, cells.join(" | ")));
    }
    section(&lines)
}

fn section(lines: &[String]) -> String {
    lines.join("\n") + "\n"
}

fn value(row: &Row) -> Option<String> {
    let unit = row.measured().next().map_or("", |run| run.unit.as_ref());
    let mark = if row.generator_was_the_limit() { "*" } else { "" };
    let Some(value) = row.value() else {
        return row.failure().map(|_| "failed".to_owned());
    };
    let value = match value {
        many if many >= 1e6 => format!("{:.2} M", many / 1e6),
        many if many >= 1e4 => format!("{:.0} k", many / 1e3),
        many if many >= 1e3 => format!("{:.1} k", many / 1e3),
        few => format!("{few:.2}"),
    };
    let unit = match unit {
        "deliveries/s" | "connections/s" => "/s".to_owned(),
        other => format!(" {other}"),
    };
    Some(format!("{value}{unit}{mark}"))
}

/// Ours only: what explains the values.
fn details(results: &Results) -> String {
    let mut lines = vec!["| ours | | |".to_owned(), "|---|---|--:|".to_owned()];
    for scenario in SCENARIOS {
        let Some(row) = results.find(scenario.name, OURS) else { continue };
        let Some(run) = row.measured().next() else { continue };
        for name in run.details.keys().filter(|name| !name.ends_with(" a read")) {
            let median = row.detail(name).unwrap_or_default();
            lines.push(format!("| `{}` | {name} | {median:.2} |", scenario.name));
        }
    }
    section(&lines)
}

fn goals(results: &Results) -> String {
    let mut lines =
        vec!["| scenario | figure | goal | measured | |".to_owned(), "|---|---|--:|--:|---|".to_owned()];
    for goal in GOALS {
        let measured = measure(results, goal);
        let (sign, bound) = match goal.bound {
            Bound::AtLeast(bound) => ("≥", bound),
            Bound::AtMost(bound) => ("≤", bound),
        };
        let figure = match goal.figure {
            Figure::Value => "",
            Figure::Cpu => "CPU for each delivery",
            Figure::Median => "median latency",
        };
        let over = goal.over.map_or(String::new(), |over| format!(" × {over}"));
        let verdict = match (measured, goal.bound) {
            (None, _) => "not measured",
            (Some(value), Bound::AtLeast(bound)) if value >= bound => "reached",
            (Some(value), Bound::AtMost(bound)) if value <= bound => "reached",
            _ => "missed",
        };
        let measured = measured.map_or("–".to_owned(), |value| format!("{value:.2}"));
        lines.push(format!(
            "| `{}` | {figure} | {sign} {bound}{over} | {measured} | {verdict} |",
            goal.scenario
        ));
    }
    lines.extend(flatness(results));
    section(&lines)
}

fn measure(results: &Results, goal: &Goal) -> Option<f64> {
    let pick: fn(&Measured) -> Option<f64> = match goal.figure {
        Figure::Value => |run| Some(run.value),
        Figure::Cpu => |run| run.cpu_us,
        Figure::Median => |run| Some(run.latency_ms?.0),
    };
    let ours = results.find(goal.scenario, OURS)?.median(pick)?;
    match goal.over {
        None => Some(ours),
        Some(over) => Some(ours / results.find(goal.scenario, over)?.median(pick)?),
    }
}

/// CPU for each delivery over all room sizes: the dearest over the cheapest.
fn flatness(results: &Results) -> Option<String> {
    let costs: Vec<f64> =
        SIZES.iter().filter_map(|name| results.find(name, OURS)?.median(|run| run.cpu_us)).collect();
    if costs.len() < SIZES.len() {
        return None;
    }
    let ratio = costs.iter().copied().fold(0.0, f64::max) / costs.iter().copied().fold(f64::MAX, f64::min);
    let verdict = if ratio <= 1.15 { "reached" } else { "missed" };
    let sizes = format!("`{}` to `{}`", SIZES[0], SIZES[SIZES.len() - 1]);
    Some(format!("| {sizes} | dearest over cheapest CPU | ≤ 1.15 | {ratio:.2} | {verdict} |"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::tests::row;

    #[test]
    fn tables_have_the_medians_and_goals_their_ratios() {
        let named = |server, values: &[f64]| Row { scenario: "room-1000-k16".into(), ..row(server, values) };
        let rows = vec![named("ours", &[3e6, 1e6, 2e6]), named("uws", &[1e6])];
        let text = write(&Results { pinned: true, rows });
        assert!(text.contains("| `room-1000-k16` | 2.00 M/s | 1.00 M/s |"), "{text}");
        assert!(text.contains("| `room-1000-k16` |  | ≥ 1 × uws | 2.00 | reached |"), "{text}");
        assert!(text.contains("| `bun-chat` |  | ≥ 1.7 × bun | – | not measured |"), "{text}");
    }

    #[test]
    fn goals_name_what_there_is() {
        for goal in GOALS {
            assert!(SCENARIOS.iter().any(|scenario| scenario.name == goal.scenario), "{}", goal.scenario);
            assert!(goal.over.is_none_or(|over| TARGETS.iter().any(|target| target.name == over)));
        }
        assert!(SIZES.iter().all(|name| SCENARIOS.iter().any(|scenario| scenario.name == *name)));
    }
}
