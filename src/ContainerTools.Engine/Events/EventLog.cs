using System.Runtime.CompilerServices;
using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Logs;
using ContainerTools.Engine.Store;
using ContainerTools.Linux;
using ContainerTools.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Engine.Events;

/// <summary>
/// What happens in a store, a line each, in <c>events/events.log</c>. Any number of processes add to it: a line is one write(2) to a file open for appending, under a shared
/// lock that keeps none of them waiting. At 8 MiB the file becomes <c>events.log.1</c>, in place of an earlier one.
/// </summary>
public static class EventLog
{
    private const string DirectoryName = "events", FileName = "events.log";
    private const long MaximumSize = 8L << 20;
    private const int MaximumAttempts = 1000; // Each of them loses to another process's rotation, which takes microseconds.

    /// <summary>Adds an event. It never fails: an event that cannot be written, because the disk is full, is lost.</summary>
    /// <param name="root">The store's root.</param>
    /// <param name="type">What kind of thing it is about.</param>
    /// <param name="action">What happened.</param>
    /// <param name="id">Its id, or its name where it has none.</param>
    /// <param name="name">Its name.</param>
    /// <param name="attributes">What else is known; null values are left out.</param>
    public static void Add(string root, ContainerEventType type, ContainerEventAction action, string id, string name, params ReadOnlySpan<(string Name, string? Value)> attributes)
    {
        byte[] line = EventFormat.Write(type, action, id, name, attributes);
        byte[] path = PathBytes.Terminated(PathOf(root));
        for (int attempt = 0; attempt < MaximumAttempts; attempt++)
        {
            int fd = Open(path);
            if (fd == -Errno.ENOENT)
            {
                _ = FileCalls.MakeDirectoryAt(FileCalls.WorkingDirectory, PathBytes.Terminated(Path.Combine(root, DirectoryName)), 0x1C0); // 0700
                fd = Open(path);
            }
            if (fd < 0)
                return;
            using var file = new SafeFileHandle(fd, ownsHandle: true);
            if (TryAdd(file, path, line))
                return;
            Thread.Yield();
        }
    }

    /// <summary>Reads events, the oldest first.</summary>
    /// <param name="paths">The store.</param>
    /// <param name="query">Which.</param>
    /// <param name="cancellationToken">Ends the wait for more.</param>
    public static async IAsyncEnumerable<ContainerEvent> ReadAsync(StorePaths paths, EventQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(paths);
        ArgumentNullException.ThrowIfNull(query);
        DateTimeOffset? since = query.Since ?? (query.Follow ? DateTimeOffset.UtcNow : null);
        string path = PathOf(paths.Root);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        using var watch = query.Follow ? new DirectoryWatch(Path.GetDirectoryName(path)!) : null;
        // The older file first, and opened first: what is rotated away in between is then read twice, so it is opened again if it has changed.
        var (older, file) = OpenBoth(path);
        try
        {
            while (older is not null && Next(older) is { } found)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (IsWanted(found))
                    yield return found;
            }
            while (true)
            {
                // Asked before reading: what comes until it is rotated away is in it.
                bool rotated = file is not null && Inode(file.Handle) != Inode(path);
                while (file is not null && Next(file) is { } found)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    if (IsWanted(found))
                        yield return found;
                }
                if (rotated)
                {
                    file!.Dispose();
                    file = LogFile.TryOpen(path);
                    continue;
                }
                if (watch is null || query.Until <= DateTimeOffset.UtcNow)
                    yield break;
                TimeSpan? left = query.Until is { } end ? TimeSpan.FromTicks(Math.Max(0, (end - DateTimeOffset.UtcNow).Ticks)) : null;
                await Task.Factory.StartNew(() => watch.Wait(left, cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
                file ??= LogFile.TryOpen(path);
            }
        }
        finally
        {
            older?.Dispose();
            file?.Dispose();
        }

        bool IsWanted(ContainerEvent found) => (since is null || found.Time >= since) && (query.Until is null || found.Time < query.Until) && query.Where?.Invoke(found) != false;
    }

    /// <summary>Adds an event of a container whose name only its record knows.</summary>
    internal static void AddOfContainer(string root, string directory, ContainerEventAction action, params ReadOnlySpan<(string Name, string? Value)> attributes)
    {
        var (name, image) = ContainerRecords.ReadNames(directory);
        Add(root, ContainerEventType.Container, action, Path.GetFileName(directory), name, [("image", image), .. attributes]);
    }

    /// <summary>Adds an event of a container.</summary>
    internal static void AddOfContainer(string root, ContainerConfiguration configuration, ContainerEventAction action, params ReadOnlySpan<(string Name, string? Value)> attributes) =>
        Add(root, ContainerEventType.Container, action, configuration.Id, configuration.Name, [("image", configuration.Image), .. attributes]);

    internal static string PathOf(string root) => Path.Combine(root, DirectoryName, FileName);

    /// <summary>Writes a line unless the file has just got its old name, or is about to: nobody may find a line in it that came later.</summary>
    private static bool TryAdd(SafeFileHandle file, byte[] path, byte[] line)
    {
        int fd = (int)file.DangerousGetHandle();
        bool locked = true;
        try
        {
            if (!OpenFileLock.TryAcquire(file, exclusive: false))
                return false;
        }
        catch (LinuxException)
        {
            locked = false; // A file system without locks: the file grows.
        }
        if (locked && Inode(file) != Inode(path))
            return false;
        if (FileCalls.Write(fd, line) == 0 && locked && FileCalls.Status(fd, out var status) >= 0 && status.Size >= MaximumSize)
            Rotate(file, path);
        return true;
    }

    // For reading too, which a shared lock needs.
    private static int Open(byte[] path) =>
        FileCalls.OpenAt(FileCalls.WorkingDirectory, path, OpenFlags.ReadWrite | OpenFlags.Append | OpenFlags.Create, 0x180); // 0600

    private static void Rotate(SafeFileHandle file, byte[] path)
    {
        // While others write, it is for the next one that writes.
        if (OpenFileLock.TryAcquire(file))
            _ = FileCalls.RenameAt(FileCalls.WorkingDirectory, path, FileCalls.WorkingDirectory, [.. path.AsSpan(0, path.Length - 1), (byte)'.', (byte)'1', 0]);
    }

    private static (LogFile? Older, LogFile? Current) OpenBoth(string path)
    {
        while (true)
        {
            var older = LogFile.TryOpen(path + ".1");
            var current = LogFile.TryOpen(path);
            if (older is null ? !File.Exists(path + ".1") : Inode(older.Handle) == Inode(path + ".1"))
                return (older, current);
            older?.Dispose();
            current?.Dispose();
        }
    }

    private static ContainerEvent? Next(LogFile file)
    {
        while (file.TryReadLine(out var line))
        {
            if (EventFormat.TryRead(line) is { } found)
                return found;
        }
        return null;
    }

    private static ulong? Inode(SafeFileHandle file) => FileCalls.Status((int)file.DangerousGetHandle(), out var status) >= 0 ? status.Inode : null;

    private static ulong? Inode(string path) => Inode(PathBytes.Terminated(path));

    private static ulong? Inode(byte[] path) => FileCalls.StatusAt(FileCalls.WorkingDirectory, path, out var status) >= 0 ? status.Inode : null;
}
