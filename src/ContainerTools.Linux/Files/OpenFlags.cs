using System.Runtime.InteropServices;

namespace ContainerTools.Linux.Files;

/// <summary>Flags of open(2) as this machine's kernel numbers them: x86-64 and arm64 differ in two.</summary>
public static class OpenFlags
{
    private static readonly bool s_arm = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm;

    /// <summary>Open for reading.</summary>
    public const int ReadOnly = 0;

    /// <summary>Open for writing.</summary>
    public const int WriteOnly = 1;

    /// <summary>Open for reading and writing.</summary>
    public const int ReadWrite = 2;

    /// <summary>Create the file if it is missing.</summary>
    public const int Create = 0x40;

    /// <summary>With <see cref="Create"/>: fail with EEXIST if the name is taken, by a symbolic link too.</summary>
    public const int Exclusive = 0x80;

    /// <summary>Cut the file to length zero.</summary>
    public const int Truncate = 0x200;

    /// <summary>Every write goes to the end.</summary>
    public const int Append = 0x400;

    /// <summary>Don't wait (for a fifo's other end, say).</summary>
    public const int NonBlocking = 0x800;

    /// <summary>Close on exec.</summary>
    public const int CloseOnExec = 0x80000;

    /// <summary>A handle on the path only: nothing is opened, no permission on the file is needed.</summary>
    public const int Path = 0x200000;

    /// <summary>Fail with ENOTDIR if it is no directory.</summary>
    public static readonly int Directory = s_arm ? 0x4000 : 0x10000;

    /// <summary>Fail with ELOOP if the last component is a symbolic link.</summary>
    public static readonly int NoFollow = s_arm ? 0x8000 : 0x20000;
}
