namespace ContainerTools.Linux.Seccomp;

/// <summary>Flags of seccomp(2) for SECCOMP_SET_MODE_FILTER.</summary>
public static class SeccompFlags
{
    /// <summary>All threads get the filter.</summary>
    public const uint Tsync = 1;

    /// <summary>Every answer but allow is logged.</summary>
    public const uint Log = 2;

    /// <summary>Speculative store bypass is not switched off for the filtered process: doing so costs it dearly.</summary>
    public const uint SpecAllow = 4;

    /// <summary>The call returns a descriptor for a listener.</summary>
    public const uint NewListener = 8;

    /// <summary>A call being decided by a listener can only be interrupted by a fatal signal.</summary>
    public const uint WaitKillable = 32;
}
