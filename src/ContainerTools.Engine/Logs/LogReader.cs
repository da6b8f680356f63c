using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using ContainerTools.Engine.Containers;
using ContainerTools.Linux.Files;

namespace ContainerTools.Engine.Logs;

/// <summary>Reads a container's log, and goes on reading while it grows.</summary>
internal sealed class LogReader(string directory, string id, string name)
{
    // A line without an end must not fill the memory.
    private const int MaximumLine = 1 << 20;

    private readonly string _path = Path.Combine(directory, ContainerFiles.Log);
    private readonly StringBuilder[] _parts = [new(), new()];
    private readonly DateTimeOffset[] _times = new DateTimeOffset[2];

    public async IAsyncEnumerable<ContainerLogRecord> ReadAsync(LogOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var watch = options.Follow ? new DirectoryWatch(directory) : null;
        // Looked at before the files are read: what a container wrote is in its log before its end is recorded.
        bool ended = watch is null || HasEnded();
        // Opened before the others are listed: if it is rotated away in between, it is listed too, and the list ends there.
        LogFile? file = LogFile.TryOpen(_path);
        var older = OpenOlder(file);
        if (file is null && older.Count > 0)
        {
            // Just being rotated: the newest of the old ones takes its place.
            file = older[^1];
            older.RemoveAt(older.Count - 1);
        }
        try
        {
            Queue<ContainerLogRecord>? tail = options.Tail is null ? null : new();
            bool seek = options is { Tail: not null, Since: null, Until: null };
            if (seek && older.Count == 0)
                file?.Seek(file.FindTail(options.Tail!.Value));
            foreach (var source in file is null ? older : older.Append(file))
            {
                while (Next(source, options) is { } record)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    if (options.Until is { } until && record.Time >= until)
                        continue;
                    if (tail is null)
                    {
                        yield return record;
                        continue;
                    }
                    tail.Enqueue(record);
                    if (tail.Count > options.Tail)
                        tail.Dequeue();
                }
            }
            // The cut-off end of a log is a line of its own, unless more of it may come.
            if (ended)
            {
                foreach (var record in Rest(options).OrderBy(r => r.Time))
                {
                    tail?.Enqueue(record);
                    if (tail is null)
                        yield return record;
                    else if (tail.Count > options.Tail)
                        tail.Dequeue();
                }
            }
            foreach (var record in tail ?? [])
                yield return record;
            while (!ended)
            {
                if (options.Until is { } until && DateTimeOffset.UtcNow >= until)
                    yield break;
                await Task.Factory.StartNew(() => WaitForMore(watch!, options.Until, cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
                ended = HasEnded();
                file ??= OpenOldest();
                while (file is not null)
                {
                    // Asked before reading, since what is written until a file is rotated away is in that file.
                    bool rotated = IsRotated(file);
                    while (Next(file, options) is { } record)
                    {
                        if (options.Until is null || record.Time < options.Until)
                            yield return record;
                    }
                    if (!rotated)
                    {
                        // Rotated while it was read: once more, for what came after the last read.
                        if (IsRotated(file))
                            continue;
                        break;
                    }
                    if (OpenNext(file) is not { } next)
                        break;
                    file.Dispose();
                    file = next;
                }
            }
            foreach (var record in Rest(options).OrderBy(r => r.Time))
                yield return record;
        }
        finally
        {
            older.ForEach(f => f.Dispose());
            file?.Dispose();
        }
    }

    private ContainerLogRecord? Next(LogFile file, LogOptions options)
    {
        while (file.TryReadLine(out var bytes))
        {
            if (!LogLine.TryParse(bytes.Span, out var line))
                continue;
            int stream = (int)line.Stream;
            var parts = _parts[stream];
            if (parts.Length == 0)
                _times[stream] = line.Time;
            if (line.IsPartial && parts.Length + line.Text.Length < MaximumLine)
            {
                parts.Append(line.Text);
                continue;
            }
            string text = line.IsPartial ? line.Text : line.Text[..^1];
            if (parts.Length > 0)
            {
                text = parts.Append(text).ToString();
                parts.Clear();
            }
            if (options.Since is null || _times[stream] >= options.Since)
                return Record(stream, text, line.IsPartial);
        }
        return null;
    }

    private List<ContainerLogRecord> Rest(LogOptions options)
    {
        List<ContainerLogRecord> rest = [];
        for (int stream = 0; stream < _parts.Length; stream++)
        {
            if (_parts[stream].Length == 0)
                continue;
            var record = Record(stream, _parts[stream].ToString(), partial: true);
            _parts[stream].Clear();
            if ((options.Since is null || record.Time >= options.Since) && (options.Until is null || record.Time < options.Until))
                rest.Add(record);
        }
        return rest;
    }

    // A program that writes to a terminal-like log ends lines with \r\n; the \r is no part of the message.
    private ContainerLogRecord Record(int stream, string text, bool partial) =>
        new(_times[stream], (ContainerStream)stream, !partial && text.EndsWith('\r') ? text[..^1] : text) { ContainerId = id, ContainerName = name, Partial = partial };

    private bool HasEnded() => !Directory.Exists(directory) || StatusReader.Read(directory).State is ContainerState.Exited;

    private void WaitForMore(DirectoryWatch watch, DateTimeOffset? until, CancellationToken cancellationToken)
    {
        using var lockFile = MonitorLockFile.TryOpen(directory);
        using var monitor = lockFile?.OpenMonitor();
        if (lockFile is null)
            return;
        TimeSpan? timeout = until is { } end ? end - DateTimeOffset.UtcNow : null;
        if (timeout < TimeSpan.Zero)
            timeout = TimeSpan.Zero;
        watch.Wait(timeout, cancellationToken, monitor?.Fd ?? -1);
    }

    /// <summary>The files that were rotated away, the oldest first.</summary>
    /// <param name="before">Only those older than this one.</param>
    private List<string> OlderFiles(LogFile? before)
    {
        List<(int Number, string Path)> files = [];
        foreach (string path in Directory.Exists(directory) ? Directory.EnumerateFiles(directory, ContainerFiles.Log + ".*") : [])
        {
            if (int.TryParse(Path.GetExtension(path.AsSpan())[1..], NumberStyles.None, CultureInfo.InvariantCulture, out int number))
                files.Add((number, path));
        }
        var oldestFirst = files.OrderByDescending(f => f.Number).Select(f => f.Path);
        return before is not null && Inode(before) is { } own ? [.. oldestFirst.TakeWhile(path => !IsFile(path, own))] : [.. oldestFirst];
    }

    /// <summary>The files older than one, the oldest first. Opened together, and again if they changed their names meanwhile.</summary>
    private List<LogFile> OpenOlder(LogFile? before)
    {
        while (true)
        {
            var files = OlderFiles(before).Select(LogFile.TryOpen).ToList();
            var now = OlderFiles(before);
            if (files.Count == now.Count && files.Zip(now).All(pair => pair.First is { } file && Inode(file) is { } inode && IsFile(pair.Second, inode)))
                return [.. files.Select(f => f!)];
            files.ForEach(f => f?.Dispose());
        }
    }

    private bool IsRotated(LogFile file) => Inode(file) is { } own && !IsFile(_path, own);

    /// <summary>The oldest file there is. Files change their names while one looks, so the look is repeated until it agrees with itself.</summary>
    private LogFile? OpenOldest()
    {
        while (true)
        {
            string path = OlderFiles(null).FirstOrDefault(_path);
            var file = LogFile.TryOpen(path);
            if (file is null ? path == _path : OlderFiles(file).Count == 0)
                return file;
            file?.Dispose();
        }
    }

    /// <summary>The file that came after one that was rotated away; null while there is none yet.</summary>
    private LogFile? OpenNext(LogFile file)
    {
        while (true)
        {
            var older = OlderFiles(null);
            int index = older.FindIndex(path => Inode(file) is { } own && IsFile(path, own));
            if (index < 0)
                return OpenOldest();
            string next = index + 1 < older.Count ? older[index + 1] : _path;
            var opened = LogFile.TryOpen(next);
            if (opened is null)
            {
                if (next == _path)
                    return null;
                continue;
            }
            // Right if the file that was read is its neighbour, or has fallen off the end since.
            var before = OlderFiles(opened);
            if (before.Count == 0 || (Inode(file) is { } read && IsFile(before[^1], read)))
                return opened;
            opened.Dispose();
        }
    }

    private static ulong? Inode(LogFile file) => FileCalls.Status((int)file.Handle.DangerousGetHandle(), out var status) >= 0 ? status.Inode : null;

    private static bool IsFile(string path, ulong inode) =>
        FileCalls.StatusAt(FileCalls.WorkingDirectory, Encoding.UTF8.GetBytes(path + '\0'), out var status) >= 0 && status.Inode == inode;
}
