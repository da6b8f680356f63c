using System.Runtime.InteropServices;
using ContainerTools.Linux.Seccomp;

namespace ContainerTools.Linux.Tests.Seccomp;

/// <summary>A thread of its own under a filter, installed in the kernel: filters are a thread's, so the rest of the process stays free.</summary>
internal static partial class FilteredThread
{
    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct Program
    {
        public ushort Length;
        public byte* Records;
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    internal static partial long Call(long number, ulong a = 0, ulong b = 0, ulong c = 0, ulong d = 0, ulong e = 0, ulong f = 0);

    /// <summary>Runs an action under the filter and hands on what it throws.</summary>
    public static unsafe void Run(SeccompFilter filter, Action action)
    {
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                // x86-64: prctl(PR_SET_NO_NEW_PRIVS) lets tests run without CAP_SYS_ADMIN; then seccomp(SECCOMP_SET_MODE_FILTER).
                Assert.Equal(0, Call(157, 38, 1));
                fixed (byte* records = filter.Program.Span)
                {
                    var program = new Program { Length = filter.Count, Records = records };
                    long result = Call(317, 1, filter.Flags, (ulong)&program);
                    Assert.True(result == 0, $"seccomp: {Marshal.GetLastPInvokeErrorMessage()}");
                }
                action();
            }
            catch (Exception error)
            {
                failure = error;
            }
        });
        thread.Start();
        thread.Join();
        if (failure is not null)
            throw new InvalidOperationException(failure.Message, failure);
    }

    /// <summary>The errno of a call that fails, 0 for one that does not.</summary>
    public static int Errno(long number, ulong a = 0, ulong b = 0, ulong c = 0, ulong d = 0) =>
        Call(number, a, b, c, d) < 0 ? Marshal.GetLastPInvokeError() : 0;
}
