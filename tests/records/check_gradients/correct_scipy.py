"""Correct functions of jax.scipy and of linear algebra."""

from tests.records.check_gradients.cases import Case, of_expression

CASES: tuple[Case, ...] = tuple(
    of_expression(f"scipy: {name}", expression, arguments)
    for name, expression, arguments in (
        ("erf erfc", "jsp.special.erf(x) * jsp.special.erfc(x)", "n(6)"),
        ("erfinv", "jsp.special.erfinv(x)", "u(6)"),
        ("gammaln digamma", "jsp.special.gammaln(x) + jsp.special.digamma(x)", "p(6)"),
        ("betaln", "jsp.special.betaln(x, y)", "p(4), p(4)"),
        ("incomplete gamma", "jsp.special.gammainc(2.5, x)", "p(5)"),
        ("incomplete beta", "jsp.special.betainc(2.0, 3.0, x)", "u(5)"),
        ("bessel", "jsp.special.i0e(x) + jsp.special.i1e(x)", "n(6)"),
        ("xlogy", "jsp.special.xlogy(x, y) + jsp.special.xlog1py(x, y)", "p(5), p(5)"),
        ("logit expit", "jsp.special.expit(jsp.special.logit(x) * 2)", "u(6)"),
        ("entr", "jsp.special.entr(x)", "u(6)"),
        ("logsumexp", "jsp.special.logsumexp(x, axis=1)", "n(4, 3)"),
        ("log_ndtr", "jsp.special.log_ndtr(x)", "n(6)"),
        ("zeta", "jsp.special.zeta(3.0, x)", "p(5)"),
        ("polygamma", "jsp.special.polygamma(1, x)", "p(5)"),
        ("normal logpdf", "jsp.stats.norm.logpdf(x, y, z)", "n(5), n(5), p(5)"),
        ("t logpdf", "jsp.stats.t.logpdf(x, 4.0)", "n(6)"),
        ("gamma logpdf", "jsp.stats.gamma.logpdf(x, 2.5)", "p(6)"),
        ("beta logpdf", "jsp.stats.beta.logpdf(x, 2.0, 3.0)", "u(6)"),
        (
            "multivariate normal",
            "jsp.stats.multivariate_normal.logpdf(x, y, z)",
            "n(3), n(3), spd(3)",
        ),
        ("dirichlet", "jsp.stats.dirichlet.logpdf(x / x.sum(), y)", "p(4), p(4)"),
        ("laplace cdf", "jsp.stats.laplace.cdf(x)", "n(6)"),
        ("map coordinates", "jsp.ndimage.map_coordinates(x, [y, y], 1)", "n(5, 5), 3 * u(4)"),
        ("signal convolve", "jsp.signal.convolve(x, y)", "n(6), n(3)"),
        ("expm", "jsp.linalg.expm(x)", "n(3, 3) / 2"),
        ("cho_solve", "jsp.linalg.cho_solve(jsp.linalg.cho_factor(x), y)", "spd(4), n(4)"),
        ("triangular solve", "jsp.linalg.solve_triangular(x, y, lower=True)", "spd(4), n(4)"),
        ("block diagonal", "jsp.linalg.block_diag(x, y) ** 2", "n(2, 2), n(3, 3)"),
    )
) + tuple(
    of_expression(f"linalg: {name}", expression, arguments)
    for name, expression, arguments in (
        ("det", "jnp.linalg.det(x)", "n(4, 4)"),
        ("slogdet", "jnp.linalg.slogdet(x)[1]", "spd(4)"),
        ("inv", "jnp.linalg.inv(x)", "spd(3)"),
        ("solve", "jnp.linalg.solve(x, y)", "spd(4), n(4, 2)"),
        ("cholesky", "jnp.linalg.cholesky(x)", "spd(4)"),
        ("qr", "jnp.linalg.qr(x)[1]", "n(4, 3)"),
        ("eigenvalues", "jnp.linalg.eigvalsh(x)", "spd(4)"),
        ("eigenvectors", "jnp.abs(jnp.linalg.eigh(x)[1])", "spd(3)"),
        ("singular values", "jnp.linalg.svd(x, compute_uv=False)", "n(4, 3)"),
        ("nuclear norm", "jnp.linalg.norm(x, 'nuc')", "n(3, 4)"),
        ("Frobenius norm", "jnp.linalg.norm(x)", "n(3, 4)"),
        ("p norm", "jnp.linalg.norm(x, ord=3)", "n(5)"),
        ("pinv", "jnp.linalg.pinv(x)", "n(4, 3)"),
        ("matrix power", "jnp.linalg.matrix_power(x, 3)", "n(3, 3)"),
        ("lstsq", "jnp.linalg.lstsq(x, y)[0]", "n(5, 3), n(5)"),
        ("multi dot", "jnp.linalg.multi_dot([x, y, z])", "n(2, 3), n(3, 4), n(4, 2)"),
        ("batched solve", "jnp.linalg.solve(x + 3 * jnp.eye(3), y)", "n(2, 3, 3), n(2, 3, 1)"),
        ("trace of inverse", "jnp.trace(jnp.linalg.inv(x @ x.T + jnp.eye(3)))", "n(3, 3)"),
        ("complex solve", "jnp.linalg.solve(x + 3 * jnp.eye(3), y)", "c(3, 3), c(3)"),
        ("complex eigenvalues", "jnp.linalg.eigvals(x)", "np.diag([1.0, 2, 4]) + 0.2 * n(3, 3)"),
    )
)
