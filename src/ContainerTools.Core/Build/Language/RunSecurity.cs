namespace ContainerTools.Core.Build.Language;

/// <summary>The values of <c>RUN --security</c>.</summary>
public enum RunSecurity
{
    /// <summary>The usual isolation.</summary>
    Sandbox,

    /// <summary>All capabilities, no seccomp filter: what <c>-Privileged</c> is to a container.</summary>
    Insecure,
}
