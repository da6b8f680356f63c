using ContainerTools.Linux;
using ContainerTools.Linux.Events;
using ContainerTools.Linux.Processes;

namespace ContainerTools.Runtime.Init;

/// <summary>
/// <c>PATH -- COMMAND ...</c>: what PID 1 of a container does that wants one. It runs the command as its child, passes signals on to it, collects what nobody else waits
/// for, and ends as the command does; with PID 1 all other processes of the container end.
/// </summary>
internal static class InitCommand
{
    private const int NotFound = 127, NotExecutable = 126;

    public static int Run(string[] command)
    {
        // In the host's PID namespace orphans go to the host's PID 1, unless somebody nearer asks for them.
        if (Environment.ProcessId != 1)
            EventCalls.BecomeSubreaper();
        using var signals = new SignalRelay();
        PidFd child;
        try
        {
            child = Start(command);
        }
        catch (LinuxException e)
        {
            bool missing = e.Errno is Errno.ENOENT or Errno.ENOTDIR;
            WriteError(missing ? $"The command '{command[0]}' was not found.\n" : $"The command '{command[0]}' cannot be executed: {LinuxException.Describe(e.Errno)}.\n");
            return missing ? NotFound : NotExecutable;
        }
        using (child)
        {
            signals.Begin(child);
            while (ChildReaper.WaitForAny() is { } ended)
            {
                if (ended.Pid == child.Pid)
                    return ended.Status.ShellCode;
            }
            // It has no children any more, which cannot be while it has not seen this one end.
            return 128 + Signals.Kill;
        }
    }

    /// <summary>Starts a command, looked for in PATH as a shell would (execvp(3)).</summary>
    private static PidFd Start(string[] command)
    {
        if (command[0].Contains('/', StringComparison.Ordinal))
            return ChildProcess.Spawn(command[0], command);
        LinuxException? refused = null;
        string path = Environment.GetEnvironmentVariable("PATH") ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        foreach (string directory in path.Split(':'))
        {
            string candidate = directory.Length == 0 ? "./" + command[0] : $"{directory}/{command[0]}";
            if (!File.Exists(candidate))
                continue;
            try
            {
                return ChildProcess.Spawn(candidate, command);
            }
            catch (LinuxException e) when (e.Errno is Errno.EACCES or Errno.ENOENT or Errno.ENOTDIR)
            {
                refused ??= e;
            }
        }
        throw refused ?? new LinuxException(Errno.ENOENT, "execve", command[0]);
    }

    private static void WriteError(string text) => _ = Linux.Files.FileCalls.Write(2, System.Text.Encoding.UTF8.GetBytes(text));
}
