"""What to do about each way in which a host can refuse the jail. Pure. Runs in the host."""

_REMEDIES = (
    (
        "No permissions to creat",  # bubblewrap's words for clone or unshare refused
        (
            "The container's seccomp profile forbids user namespaces: start the container with"
            " --security-opt seccomp=unconfined, or with a profile that allows clone, unshare, mount"
            " and pivot_root."
        ),
    ),
    (
        "unshare: Operation not permitted",
        (
            "Root here lacks CAP_SYS_ADMIN: start the server as an ordinary user, or give the container"
            " --cap-add SYS_ADMIN."
        ),
    ),
    (
        "Failed to make / slave",
        (
            "Mounting is denied, probably by AppArmor's docker-default: start the container with"
            " --security-opt apparmor=unconfined."
        ),
    ),
    (
        "Can't mount proc",
        ("/proc is masked: start the container with --security-opt systempaths=unconfined."),
    ),
    (
        "setting up uid map",
        (
            "AppArmor restricts user namespaces (Ubuntu 23.10 and newer): install apparmor-profiles and"
            " load its profile bwrap-userns-restrict, or run"
            " sysctl kernel.apparmor_restrict_unprivileged_userns=0 as root."
        ),
    ),
    (
        "RTM_NEWADDR",
        (
            "AppArmor restricts user namespaces (Ubuntu 23.10 and newer): install apparmor-profiles and"
            " load its profile bwrap-userns-restrict, or run"
            " sysctl kernel.apparmor_restrict_unprivileged_userns=0 as root."
        ),
    ),
    (
        "No space left on device",
        (
            "User namespaces are used up or switched off: raise them as root with"
            " sysctl user.max_user_namespaces=15000."
        ),
    ),
    (
        "setuid use of bubblewrap is not supported",
        (
            "Remove the setuid bit of /usr/bin/bwrap (chmod u-s), or uninstall it so that the bundled"
            " one is used."
        ),
    ),
    (
        "Landlock",
        (
            "Enable Landlock: add landlock to the kernel's lsm= boot parameter (kernel 5.13 or newer)."
        ),
    ),
    (
        "Permission denied",
        (
            "The account that runs jobs can't read the interpreter or its packages: make them readable"
            " (chmod -R a+rX), or start the server as their owner."
        ),
    ),
    (
        "ModuleNotFoundError",
        ("A package is missing from this environment: reinstall jax-workbench and restart."),
    ),
)

_DEFAULT = "Read the server's log on stderr, mend what it names and restart the server."


def remedy_for(problem: str) -> str:
    """The next step for a message of bubblewrap, the kernel or the zygote."""
    return next((step for words, step in _REMEDIES if words in problem), _DEFAULT)
