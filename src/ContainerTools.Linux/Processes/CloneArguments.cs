using System.Runtime.InteropServices;

namespace ContainerTools.Linux.Processes;

/// <summary>struct clone_args of clone3(2).</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct CloneArguments
{
    public ulong Flags;
    public int* PidFd;
    public ulong ChildTid, ParentTid;
    public ulong ExitSignal;
    public ulong Stack, StackSize, Tls;
    public ulong SetTid, SetTidSize;
    public ulong Cgroup;
}
