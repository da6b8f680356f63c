namespace ContainerTools;

/// <summary>When a container that has ended is started again without anybody asking.</summary>
public enum RestartPolicyKind
{
    /// <summary>Never.</summary>
    No,

    /// <summary>When its exit code is not 0.</summary>
    OnFailure,

    /// <summary>Whenever it ends by itself, and after the host has booted.</summary>
    Always,

    /// <summary>Whenever it ends by itself, and after the host has booted unless it had been stopped.</summary>
    UnlessStopped,
}
