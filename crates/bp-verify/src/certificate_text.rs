//! A [`Certificate`] in words. Every report says what "certified" means.

use core::fmt;

use crate::certificate::{Certificate, Judged, Verdict, Why};

/// Findings that are written out.
const SHOWN: usize = 3;

impl Certificate {
    /// The verdict over all entries: the worst kind that occurs, `PASS` if everything passed.
    pub fn verdict(&self) -> &'static str {
        let counts = &self.counts;
        match () {
            () if counts.failed > 0 => "FAIL",
            () if counts.rounding_sized > 0 => "ROUNDING-SIZED",
            () if self.passed() => "PASS",
            () => "INCONCLUSIVE",
        }
    }
}

impl Certificate {
    /// True if nothing speaks against the gradient, but some entries are blurred by rounding more than was asked for.
    pub fn is_only_too_wide(&self) -> bool {
        let is_wide = |finding: &Judged| finding.verdict == Verdict::Inconclusive(Why::TooWide);
        !self.findings.is_empty() && self.findings.iter().all(is_wide)
    }
}

impl fmt::Display for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = self.counts;
        writeln!(f, "certificate ({}): {}, {}", self.scalar, self.verdict(), self.subject)?;
        let outside = counts.failed + counts.rounding_sized;
        writeln!(
            f,
            "  {outside} of {} entries outside, {} inconclusive, {} inside",
            counts.judged(),
            counts.inconclusive,
            counts.passed
        )?;
        if let Some(worst) = &self.worst {
            writeln!(f, "  worst {worst}")?;
        }
        for finding in self.findings.iter().filter(|finding| Some(*finding) != self.worst.as_ref()).take(SHOWN) {
            writeln!(f, "        {finding}")?;
        }
        if let Some(diagnosis) = &self.diagnosis {
            writeln!(f, "  likely: {diagnosis}")?;
        }
        if counts.rounding_sized > 0 && counts.failed == 0 {
            writeln!(
                f,
                "  every entry outside is so by rounding only: a formula that rounds more needs its own rounding model"
            )?;
        }
        if self.is_only_too_wide() {
            writeln!(
                f,
                "  nothing is outside, but rounding alone may be wider than the resolution asked for: ask for a coarser \
                 one, or certify in f64"
            )?;
        }
        writeln!(
            f,
            "  would have seen any fault above {:.1e} of the largest entry ({:.3e}); planted in this output: {} of {} seen",
            self.resolution, self.largest, self.planted.0, self.planted.1
        )?;
        if let Some(values) = self.values {
            writeln!(f, "  and, of the values themselves, any above {values:.1e} of the largest")?;
        }
        if let Some(unseen) = &self.unseen {
            writeln!(f, "  not every entry was looked at: {unseen}")?;
        }
        writeln!(f, "  certified means: {}, {}", self.means, self.model)?;
        match self.replay.is_empty() {
            true => Ok(()),
            false => writeln!(f, "  replay: {}", self.replay),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Counts, Interval, RoundingModel};

    fn certificate(values: &[f64]) -> Certificate {
        let judge = |(n, got): (usize, &f64)| {
            Judged::new(format!("dw[{n}]"), *got, Interval::new(1.0, 1.0 + 1e-15), 1e-15, 1e-10)
        };
        let entries = values.iter().enumerate().map(judge).collect();
        Certificate::new("f64", "a subject".into(), RoundingModel::standard(), entries, vec![])
    }

    #[test]
    fn nothing_judged_is_nothing_certified() {
        assert!(!certificate(&[]).passed());
        assert!(certificate(&[]).resolution.is_infinite());
    }

    #[test]
    fn one_entry_decides() {
        assert!(certificate(&[1.0, 1.0]).passed());
        for wrong in [f64::NAN, f64::INFINITY, 0.0, 1.0 + 1e-14, 2.0] {
            let certificate = certificate(&[1.0, wrong, 1.0]);
            assert!(!certificate.passed() && certificate.is_wrong(), "{certificate}");
            assert_eq!(certificate.worst.as_ref().map(|worst| worst.place.as_str()), Some("dw[1]"));
        }
        assert_eq!(certificate(&[1.0 + 1e-14]).findings[0].verdict, Verdict::RoundingSized);
    }

    /// Two that pass, three that fail, one of rounding size, one too wide: every kind is counted once.
    #[test]
    fn every_verdict_is_counted() {
        let centre = Interval::new(1.0, 1.5);
        let judge = |got: f64, limit: f64| Judged::new("dw[0]".into(), got, centre, 0.25, limit);
        let entries: Vec<Judged> =
            [(1.0, 1.0), (1.25, 1.0), (9.0, 1.0), (-9.0, 1.0), (f64::NAN, 1.0), (2.5, 1.0), (1.0, 0.7)]
                .into_iter()
                .map(|(got, limit)| judge(got, limit))
                .collect();
        let sees = entries[0].sees();
        assert!((0.75..0.75 + 1e-12).contains(&sees), "{sees}");
        let certificate = Certificate::new("f64", String::new(), RoundingModel::standard(), entries, vec![]);
        let Counts { passed, failed, rounding_sized, inconclusive } = certificate.counts;
        assert_eq!([passed, failed, rounding_sized, inconclusive], [2, 3, 1, 1]);
        assert_eq!((certificate.counts.judged(), certificate.findings.len()), (7, 5));
        assert!(!certificate.passed() && certificate.is_wrong());
        assert!((certificate.resolution - 0.5).abs() < 1e-12, "{}", certificate.resolution); // 0.75 of 1.5
    }

    #[test]
    fn the_report_says_what_was_seen() {
        let text = certificate(&[1.0, 2.0]).to_string();
        for part in
            ["FAIL", "1 of 2 entries outside", "worst dw[1]", "would have seen any fault above", "certified means"]
        {
            assert!(text.contains(part), "{text}");
        }
    }
}
