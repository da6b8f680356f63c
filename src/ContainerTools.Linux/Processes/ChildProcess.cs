using System.Collections;

namespace ContainerTools.Linux.Processes;

/// <summary>
/// Starts programs with posix_spawn(3): usable from any multi-threaded managed process, and without System.Diagnostics.Process, whose set-up
/// costs a small native program milliseconds and which reaps children it does not know of.
/// </summary>
public static unsafe class ChildProcess
{
    private const short SetSigDef = 0x04, SetSigMask = 0x08, SetSid = 0x80;
    private const int F_DUPFD_CLOEXEC = 1030;

    /// <summary>
    /// Starts a program with default signal dispositions and an empty signal mask, and only the named file descriptors. The caller collects it
    /// with <see cref="PidFd.Reap"/>; until then its process id cannot be reused.
    /// </summary>
    /// <param name="path">The program's file; PATH is not searched.</param>
    /// <param name="arguments">The arguments, argv[0] included.</param>
    /// <param name="options">Environment, descriptors, session.</param>
    /// <returns>The process.</returns>
    /// <exception cref="LinuxException">The program could not be started, for example ENOENT.</exception>
    public static PidFd Spawn(string path, IReadOnlyList<string> arguments, SpawnOptions? options = null)
    {
        options ??= new SpawnOptions();
        // posix_spawn_file_actions_t has 80 bytes, posix_spawnattr_t 336, in glibc and musl alike.
        var actions = stackalloc byte[512];
        var attributes = stackalloc byte[512];
        var set = stackalloc ulong[16];
        Check(NativeMethods.SpawnActionsInit(actions), path);
        var attributesMade = false;
        var duplicates = new List<int>();
        using var strings = new NativeStrings();
        try
        {
            Check(NativeMethods.SpawnAttributesInit(attributes), path);
            attributesMade = true;
            Check(NativeMethods.SpawnAttributesSetFlags(attributes, (short)(SetSigDef | SetSigMask | (options.NewSession ? SetSid : 0))), path);
            for (var i = 0; i < 16; i++)
                set[i] = 0;
            Check(NativeMethods.SpawnAttributesSetSigMask(attributes, set), path);
            set[0] = ulong.MaxValue;
            Check(NativeMethods.SpawnAttributesSetSigDefault(attributes, set), path);
            AddDescriptors(actions, options.Descriptors, duplicates, path);
            if (options.WorkingDirectory is { } directory)
                Check(NativeMethods.SpawnActionsAddChdir(actions, strings.Add(directory)), path);
            var argv = strings.AddVector(arguments);
            var envp = strings.AddVector(options.Environment ?? OwnEnvironment());
            int pid;
            Check(NativeMethods.PosixSpawn(&pid, strings.Add(path), actions, attributes, argv, envp), path);
            return PidFd.Open(pid);
        }
        finally
        {
            foreach (var fd in duplicates)
                _ = NativeMethods.Close(fd);
            _ = NativeMethods.SpawnActionsDestroy(actions);
            if (attributesMade)
                _ = NativeMethods.SpawnAttributesDestroy(attributes);
        }
    }

    private static void AddDescriptors(void* actions, IReadOnlyDictionary<int, int> descriptors, List<int> duplicates, string path)
    {
        var map = new SortedDictionary<int, int>(descriptors.ToDictionary(p => p.Key, p => p.Value));
        for (var fd = 0; fd <= 2; fd++)
            map.TryAdd(fd, fd);
        var top = map.Keys.Max();
        foreach (var (target, source) in map)
        {
            var from = source;
            // A source among the targets' numbers may be overwritten by an earlier entry: duplicate it out of the way first.
            if (source != target && source <= top)
            {
                from = NativeMethods.Fcntl(source, F_DUPFD_CLOEXEC, top + 1);
                if (from < 0)
                    throw LinuxException.Last("fcntl(F_DUPFD_CLOEXEC)");
                duplicates.Add(from);
            }
            // With equal numbers glibc clears the close-on-exec flag, which is what is wanted.
            Check(NativeMethods.SpawnActionsAddDup2(actions, from, target), path);
        }
        for (var fd = 3; fd < top; fd++)
        {
            if (!map.ContainsKey(fd))
                Check(NativeMethods.SpawnActionsAddClose(actions, fd), path);
        }
        Check(NativeMethods.SpawnActionsAddCloseFrom(actions, top + 1), path);
    }

    /// <summary>This process's environment as <c>NAME=value</c>.</summary>
    public static List<string> OwnEnvironment()
    {
        var result = new List<string>();
        foreach (DictionaryEntry entry in Environment.GetEnvironmentVariables())
            result.Add($"{entry.Key}={entry.Value}");
        return result;
    }

    private static void Check(int error, string path)
    {
        if (error != 0)
            throw new LinuxException(error, "posix_spawn", path);
    }
}
