//! What was measured, as it is kept: one file of JSON for each call.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::scenario::Measured;

/// Above this, it is the generator that was measured.
const GENERATOR_LIMIT: f64 = 0.95;

#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Results {
    /// Whether server and generator had a core each.
    pub(crate) pinned: bool,
    pub(crate) rows: Vec<Row>,
}

/// A scenario with one server.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) scenario: String,
    pub(crate) title: String,
    pub(crate) server: String,
    pub(crate) kind: String,
    pub(crate) runs: Vec<Run>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Run {
    Measured(Measured),
    Failed(String),
}

impl Results {
    /// Several files as one: rows of the same scenario and server are put together.
    pub(crate) fn load(files: &[PathBuf]) -> Result<Self> {
        let mut all = Self { pinned: true, rows: Vec::new() };
        for file in files {
            let text = fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
            let one: Self =
                serde_json::from_str(&text).with_context(|| format!("reading {}", file.display()))?;
            all.pinned &= one.pinned;
            for row in one.rows {
                all.row(&row.scenario, &row.title, &row.server, &row.kind).runs.extend(row.runs);
            }
        }
        Ok(all)
    }

    pub(crate) fn save(&self, directory: &Path) -> Result<PathBuf> {
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        let path = directory.join(format!("{seconds}.json"));
        fs::write(&path, serde_json::to_string_pretty(self)?)?;
        Ok(path)
    }

    /// Finds or makes the row.
    pub(crate) fn row(&mut self, scenario: &str, title: &str, server: &str, kind: &str) -> &mut Row {
        let found = self
            .rows
            .iter()
            .position(|row| (row.scenario.as_str(), row.server.as_str()) == (scenario, server));
        let at = found.unwrap_or_else(|| {
            self.rows.push(Row {
                scenario: scenario.to_owned(),
                title: title.to_owned(),
                server: server.to_owned(),
                kind: kind.to_owned(),
                runs: Vec::new(),
            });
            self.rows.len() - 1
        });
        &mut self.rows[at]
    }

    pub(crate) fn find(&self, scenario: &str, server: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.scenario == scenario && row.server == server)
    }
}

impl Row {
    pub(crate) fn measured(&self) -> impl Iterator<Item = &Measured> {
        self.runs.iter().filter_map(|run| match run {
            Run::Measured(measured) => Some(measured),
            Run::Failed(_) => None,
        })
    }

    pub(crate) fn failure(&self) -> Option<&str> {
        self.runs.iter().find_map(|run| match run {
            Run::Failed(reason) => Some(reason.as_str()),
            Run::Measured(_) => None,
        })
    }

    /// Of the runs that have this figure.
    pub(crate) fn median(&self, pick: impl Fn(&Measured) -> Option<f64>) -> Option<f64> {
        let mut values: Vec<f64> = self.measured().filter_map(pick).collect();
        values.sort_by(f64::total_cmp);
        match values.len() {
            0 => None,
            count if count % 2 == 1 => Some(values[count / 2]),
            count => Some(f64::midpoint(values[count / 2 - 1], values[count / 2])),
        }
    }

    pub(crate) fn value(&self) -> Option<f64> {
        self.median(|run| Some(run.value))
    }

    pub(crate) fn detail(&self, name: &str) -> Option<f64> {
        self.median(|run| run.details.get(name).copied())
    }

    /// Whether it was the generator that could do no more.
    pub(crate) fn generator_was_the_limit(&self) -> bool {
        self.median(|run| Some(run.own_load)).is_some_and(|load| load > GENERATOR_LIMIT)
    }
}

/// Named figures.
pub(crate) type Details = BTreeMap<String, f64>;

pub(crate) fn details<const N: usize>(figures: [(&str, f64); N]) -> Details {
    figures.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn row(server: &str, values: &[f64]) -> Row {
        let runs = values.iter().map(|&value| {
            Run::Measured(Measured {
                value,
                unit: "deliveries/s".into(),
                more_is_better: true,
                cpu_us: Some(value / 10.0),
                latency_ms: None,
                server_load: 1.0,
                own_load: 0.5,
                details: Details::new(),
            })
        });
        let (scenario, title) = ("s".into(), "S".into());
        Row { scenario, title, server: server.into(), kind: String::new(), runs: runs.collect() }
    }

    #[test]
    fn medians() {
        assert_eq!(row("x", &[3.0, 1.0, 2.0]).value(), Some(2.0));
        assert_eq!(row("x", &[1.0, 2.0]).value(), Some(1.5));
        assert_eq!(row("x", &[]).value(), None);
    }

    #[test]
    fn files_are_put_together() {
        let directory = std::env::temp_dir().join(format!("chat-bench-{}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        let files = ["a.json", "b.json"].map(|name| directory.join(name));
        for (file, value) in files.iter().zip([1.0, 3.0]) {
            let results = Results { pinned: true, rows: vec![row("ours", &[value])] };
            fs::write(file, serde_json::to_string(&results).unwrap()).unwrap();
        }
        let all = Results::load(&files);
        fs::remove_dir_all(&directory).unwrap();
        let all = all.unwrap();
        assert_eq!(all.rows.len(), 1);
        assert_eq!(all.find("s", "ours").unwrap().value(), Some(2.0));
    }
}
