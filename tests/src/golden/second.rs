//! Second derivatives in network files: the engine over dual numbers, whose derivative of a gradient is H v.

use bp_core::{ErrorFunction, Examples, Gradient, OutputFunction, Reference, Targets};
use bp_verify::Dual;

use super::file::{Array, Net};
use super::net::{TOLERANCE, flat_params};
use super::{NetCase, Report};
use crate::arrays::{Arrays, compare_by_array};

/// Compares `hvp`, `gauss_newton_vp` and `hessian` where a file has them.
pub(super) fn check(net: &Net, case: &NetCase, report: &mut Report) -> Result<(), String> {
    let mut compare = |what: &str, got: Vec<f64>, want: Vec<f64>| -> Result<(), String> {
        let (got, want) = (Arrays::from([(what.into(), got)]), Arrays::from([(what.into(), want)]));
        let found = compare_by_array(&got, &want, TOLERANCE).map_err(|e| format!("{what}: {e}"))?;
        report.add("second order", &found, &net.name);
        Ok(())
    };
    let pass = |v: &[f64]| Pass::along(case, v);
    if let Some(hvp) = &net.hvp {
        let v = flat_params(&case.plan, &hvp.v)?;
        let got = pass(&v);
        compare("hvp", got.hv, flat_params(&case.plan, &hvp.hv)?)?;
        if let Some(product) = &net.gauss_newton_vp {
            compare("gauss_newton_vp", got.gauss_newton, flat_params(&case.plan, &product.gv)?)?;
        }
    }
    let Some(Array(hessian)) = &net.hessian else { return Ok(()) };
    // The file's order of parameters, as places in ours.
    let order = net.param_order.as_deref().ok_or("a Hessian without param_order")?;
    let block = |name: &String| case.plan.blocks().iter().find(|block| block.to_string() == *name);
    let mut places = vec![];
    for name in order {
        places.extend(block(name).ok_or_else(|| format!("param_order: unknown {name}"))?.range.clone());
    }
    let n = places.len();
    let mut got = vec![0.0; n * n];
    for (col, &place) in places.iter().enumerate() {
        let mut v = vec![0.0; n];
        v[place] = 1.0;
        let hv = pass(&v).hv;
        places.iter().enumerate().for_each(|(row, &place)| got[row * n + col] = hv[place]);
    }
    compare("hessian", got, hessian.clone())
}

/// What a pass in the direction v gives.
struct Pass {
    hv: Vec<f64>,
    gauss_newton: Vec<f64>,
}

impl Pass {
    fn along(case: &NetCase, v: &[f64]) -> Self {
        let constant = |values: &[f64]| values.iter().map(|&x| Dual::constant(x)).collect::<Vec<Dual<f64>>>();
        let params: Vec<Dual<f64>> =
            case.params.iter().zip(v).map(|(&value, &v)| Dual { value, derivatives: [v] }).collect();
        let (x, t) = (constant(&case.x), constant(&case.t));
        let examples = Examples::new(&x, Targets::Rows(&t));
        let rows = x.len() / case.plan.inputs();
        let (mut ws, mut dw) = (case.plan.workspace(rows), constant(&vec![0.0; params.len()]));
        let into = Gradient::replace(&mut dw);
        case.plan.gradient(&Reference, &case.loss, &params, &examples, &mut ws, into).expect("shapes fit");

        // J v at the output, times ∂²E/∂z²: for cross-entropies that is the derivative of δ = y − t; for squares it is 1,
        // and the way back begins with the output's own h′.
        let output = &case.plan.architecture().output;
        let mut delta = vec![];
        for n in 0..rows {
            let (a, y) = (ws.a(&output.name).expect("kept").row(n), ws.y().row(n));
            let derivatives = |row: &[Dual<f64>]| row.iter().map(Dual::derivative).collect::<Vec<f64>>();
            let values = |row: &[Dual<f64>]| row.iter().map(|x| x.value).collect::<Vec<f64>>();
            if case.loss == ErrorFunction::SumOfSquares {
                let mut g = derivatives(y);
                output.function.pullback_row(&values(a), &values(y), &mut g);
                delta.extend(g);
            } else {
                delta.extend(derivatives(ws.delta(&output.name).expect("a name").row(n)));
            }
        }
        let (mut lean, mut gauss_newton) = (case.plan.workspace(rows), vec![0.0; v.len()]);
        case.plan.forward(&Reference, &case.params, &case.x, &mut lean).expect("shapes fit");
        let into = Gradient::replace(&mut gauss_newton);
        case.plan.backward_from(&Reference, &delta, &case.params, &case.x, &mut lean, into).expect("shapes fit");
        Self { hv: dw.iter().map(Dual::derivative).collect(), gauss_newton }
    }
}
