namespace ContainerTools.Engine.Specs;

/// <summary>What <c>-SecurityOption</c> says, read.</summary>
public sealed record SecurityOptions
{
    /// <summary>Whether no_new_privs is set, so that setuid programs and file capabilities give nothing.</summary>
    public bool NoNewPrivileges { get; private init; }

    /// <summary>Whether there is no system call filter.</summary>
    public bool UnconfinedSeccomp { get; private init; }

    /// <summary>Whether the built-in filter was asked for by name, which also holds for a privileged container.</summary>
    public bool DefaultSeccomp { get; private init; }

    /// <summary>A file with a filter in Docker's JSON format; null for none.</summary>
    public string? SeccompFile { get; private init; }

    /// <summary>Whether nothing of /proc and /sys is masked or read-only.</summary>
    public bool UnconfinedPaths { get; private init; }

    /// <summary>The AppArmor profile, loaded in the kernel, that the container's processes run under; null for none of its own.</summary>
    public string? AppArmorProfile { get; private init; }

    /// <summary>Whether the container gets no SELinux labels, and is not confined by them.</summary>
    public bool Unlabelled { get; private init; }

    /// <summary>The option with the path of a profile made absolute; other options as they are.</summary>
    /// <param name="option">An option as <see cref="Parse"/> reads it.</param>
    /// <param name="directory">What a relative path is relative to.</param>
    public static string Resolve(string option, string directory)
    {
        ArgumentNullException.ThrowIfNull(option);
        return TryFile(option) is { } file ? "seccomp=" + Path.GetFullPath(file, directory) : option;
    }

    /// <summary>The options, with another file in the place of a profile.</summary>
    internal static List<string> Replace(IEnumerable<string> options, string file) => [.. options.Where(o => TryFile(o) is null), "seccomp=" + file];

    private static string? TryFile(string option) =>
        option.AsSpan().IndexOfAny('=', ':') is var separator and > 0 && option[..separator] == "seccomp" && option[(separator + 1)..] is { Length: > 0 } value and not ("unconfined" or "default" or "builtin") ? value : null;

    /// <summary>
    /// Reads the options: <c>no-new-privileges[=true|false]</c>, <c>seccomp=unconfined|default|FILE</c>, <c>systempaths=unconfined</c>,
    /// <c>apparmor=unconfined|PROFILE</c> and <c>label=disable</c>. A colon may stand for the equals sign, as in older command lines. A later option
    /// overrides an earlier one.
    /// </summary>
    /// <exception cref="ContainerToolsException">SecurityOptionInvalid.</exception>
    public static SecurityOptions Parse(IEnumerable<string> options)
    {
        var result = new SecurityOptions();
        foreach (string option in options)
        {
            int separator = option.AsSpan().IndexOfAny('=', ':');
            (string name, string? value) = separator < 0 ? (option, null) : (option[..separator], option[(separator + 1)..]);
            result = (name, value) switch
            {
                ("no-new-privileges", null or "true") => result with { NoNewPrivileges = true },
                ("no-new-privileges", "false") => result with { NoNewPrivileges = false },
                ("seccomp", "unconfined") => result with { UnconfinedSeccomp = true, DefaultSeccomp = false, SeccompFile = null },
                ("seccomp", "default" or "builtin") => result with { UnconfinedSeccomp = false, DefaultSeccomp = true, SeccompFile = null },
                ("seccomp", { Length: > 0 } file) => result with { UnconfinedSeccomp = false, DefaultSeccomp = false, SeccompFile = file },
                ("systempaths", "unconfined") => result with { UnconfinedPaths = true },
                ("apparmor", "unconfined") => result with { AppArmorProfile = null },
                ("apparmor", { Length: > 0 } profile) => result with { AppArmorProfile = profile },
                ("label", "disable") => result with { Unlabelled = true },
                _ => throw new ContainerToolsException(
                    "SecurityOptionInvalid", ErrorKind.InvalidArgument,
                    $"The security option '{option}' is not known. Options are no-new-privileges, seccomp=unconfined, seccomp=default, seccomp=FILE, systempaths=unconfined, apparmor=unconfined, apparmor=PROFILE and label=disable.", option),
            };
        }
        return result;
    }
}
