using ContainerTools.Linux.Processes;

namespace ContainerTools.Linux.Mounts;

/// <summary>
/// Lets the calling thread act on files as another user while it keeps its capabilities: what an overlay mounts with is what it creates files with.
/// Disposing gives the thread its own identity back.
/// </summary>
public readonly struct FileSystemIdentity : IDisposable
{
    private const long GetSecureBits = 27, SetSecureBits = 28; // prctl(2)
    private const long NoSetUidFixup = 1 << 2;                 // capabilities(7): otherwise a change of fsuid drops the file capabilities

    private readonly long secureBits;
    private readonly long user;
    private readonly long group;

    /// <summary>Takes the identity.</summary>
    /// <param name="userId">The user id, as the host sees it.</param>
    /// <param name="groupId">The group id, as the host sees it.</param>
    /// <exception cref="LinuxException">The thread may not.</exception>
    public FileSystemIdentity(uint userId, uint groupId)
    {
        secureBits = NativeMethods.Syscall(SystemCalls.Prctl, GetSecureBits);
        if (secureBits < 0 || NativeMethods.Syscall(SystemCalls.Prctl, SetSecureBits, secureBits | NoSetUidFixup) < 0)
            throw LinuxException.Last("prctl(PR_SET_SECUREBITS)");
        // Raw calls: they return the previous id and concern this thread only.
        group = NativeMethods.Syscall(SystemCalls.Setfsgid, groupId);
        user = NativeMethods.Syscall(SystemCalls.Setfsuid, userId);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ = NativeMethods.Syscall(SystemCalls.Setfsuid, user);
        _ = NativeMethods.Syscall(SystemCalls.Setfsgid, group);
        _ = NativeMethods.Syscall(SystemCalls.Prctl, SetSecureBits, secureBits);
    }
}
