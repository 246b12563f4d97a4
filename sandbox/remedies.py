"""What to do about each way in which a host can refuse the jail. Pure. Runs in the host."""

_SECCOMP = (
    "The container's seccomp profile forbids user namespaces: start the container with "
    "--security-opt seccomp=FILE and the profile that "
    "`python -m jax_workbench.sandbox.container_seccomp` prints."
)
_ROOT_WITHOUT_ADMIN = (
    "Root here lacks CAP_SYS_ADMIN: start the server as an ordinary user, or give the "
    "container --cap-add SYS_ADMIN."
)
_MOUNT_DENIED = (
    "Mounting is denied, probably by AppArmor's docker-default: start the container with "
    "--security-opt apparmor=unconfined."
)
_PROC_MASKED = "/proc is masked: start the container with --security-opt systempaths=unconfined."
_APPARMOR = (
    "AppArmor restricts user namespaces (Ubuntu 23.10 and newer): install apparmor-profiles "
    "and load its profile bwrap-userns-restrict, or run "
    "sysctl kernel.apparmor_restrict_unprivileged_userns=0 as root."
)
_NESTED = (
    "Namespaces below namespaces are denied, on Ubuntu by AppArmor's profile for bwrap: run "
    "sysctl kernel.apparmor_restrict_unprivileged_userns=0 as root for the full tier."
)
_NO_NAMESPACES_LEFT = (
    "User namespaces are used up or switched off: raise them as root with "
    "sysctl user.max_user_namespaces=15000."
)
_SETUID = (
    "Remove the setuid bit of /usr/bin/bwrap (chmod u-s), or uninstall it so that the "
    "bundled one is used."
)
_NO_LANDLOCK = (
    "Enable Landlock: add landlock to the kernel's lsm= boot parameter (kernel 5.13 or newer)."
)
_OLD_LANDLOCK = (
    "Without namespaces a job is kept from signalling its user's processes by Landlock ABI 6 "
    "(kernel 6.12): use a newer kernel, or mend what forbids the full tier."
)
_NO_SECCOMP = (
    "The kernel refuses seccomp filters: use one with CONFIG_SECCOMP_FILTER, or a container "
    "engine that passes the seccomp call on."
)
_NO_BACKEND = (
    "JAX can't use the device that JAX_WORKBENCH_DEVICE names: install its plugin (pip install "
    "'jax-workbench[cuda13]', [cuda12] or [tpu]) and its driver, and read docs/security.md, "
    "Accelerators; or set JAX_WORKBENCH_DEVICE=cpu."
)
_UNREADABLE = (
    "The account that runs jobs can't read the interpreter or its packages: make them "
    "readable (chmod -R a+rX), or start the server as their owner."
)
_MISSING_PACKAGE = "A package is missing here: reinstall jax-workbench and restart."
_UNKNOWN = "Read the server's log on stderr, mend what it names and restart the server."

_NO_PROC = "Can't mount proc"

# The words are bubblewrap's, the kernel's and the zygote's; the first that fits decides.
_REMEDIES = (
    ("No permissions to creat", _SECCOMP),
    ("unshare: Operation not permitted", _ROOT_WITHOUT_ADMIN),
    ("Failed to make / slave", _MOUNT_DENIED),
    ("mount none on /: Operation not permitted", _MOUNT_DENIED),
    (_NO_PROC, _PROC_MASKED),
    ("setting up uid map", _APPARMOR),
    ("RTM_NEWADDR", _APPARMOR),
    ("No space left on device", _NO_NAMESPACES_LEFT),
    ("setuid use of bubblewrap is not supported", _SETUID),
    ("Landlock ABI 6", _OLD_LANDLOCK),
    ("Landlock", _NO_LANDLOCK),
    ("syscall 317", _NO_SECCOMP),
    ("syscall 277", _NO_SECCOMP),
    ("Unknown backend", _NO_BACKEND),
    ("Unable to initialize backend", _NO_BACKEND),
    ("A: PermissionError", _NESTED),
    ("B: PermissionError", _NESTED),
    ("Permission denied", _UNREADABLE),
    ("ModuleNotFoundError", _MISSING_PACKAGE),
)


def is_known(problem: str) -> bool:
    """Whether it is one of the refusals that hosts are known for."""
    return any(words in problem for words, _ in _REMEDIES)


def is_masked(problem: str) -> bool:
    """Whether it is a /proc that is covered in part, so that no new one may be mounted."""
    return _NO_PROC in problem


def remedy_for(problem: str) -> str:
    """The next step for a message that says why the jail did not start."""
    return next((step for words, step in _REMEDIES if words in problem), _UNKNOWN)
