using System.Text;
using System.Text.Json;
using ContainerTools.Engine.Logs;
using ContainerTools.TestSupport;

namespace ContainerTools.Engine.Tests.Logs;

public sealed class LogWriterTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new("ctlog");

    private string LogPath => _directory["container.log"];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void WritesDockersLines()
    {
        Write(splitter: ContainerStream.Error, Encoding.UTF8.GetBytes("plain \"q\" \\ \t\u0001 ümläut 漢字 😀\n"), [0xff, (byte)'x', 0xe6, (byte)'\n'], "no end"u8.ToArray());
        string[] lines = File.ReadAllLines(LogPath);
        Assert.Equal(3, lines.Length);
        using var first = JsonDocument.Parse(lines[0]);
        Assert.Equal("plain \"q\" \\ \t\u0001 ümläut 漢字 😀\n", first.RootElement.GetProperty("log").GetString());
        Assert.Equal("stderr", first.RootElement.GetProperty("stream").GetString());
        Assert.Equal(DateTime.UtcNow, first.RootElement.GetProperty("time").GetDateTime(), TimeSpan.FromMinutes(1));
        using var second = JsonDocument.Parse(lines[1]);
        Assert.Equal("\uFFFDx\uFFFD\n", second.RootElement.GetProperty("log").GetString());
        using var third = JsonDocument.Parse(lines[2]);
        Assert.Equal("no end", third.RootElement.GetProperty("log").GetString());
        Assert.True(third.RootElement.GetProperty("partial").GetBoolean());
    }

    [Fact]
    public void LongLinesAreCutBetweenCharacters()
    {
        string text = string.Concat(Enumerable.Repeat("é漢😀x", 5000));
        Write(ContainerStream.Output, Encoding.UTF8.GetBytes(text + "\n"));
        var parts = File.ReadAllLines(LogPath).Select(l => { Assert.True(LogLine.TryParse(Encoding.UTF8.GetBytes(l), out var line)); return line; }).ToList();
        Assert.True(parts.Count > 2);
        Assert.All(parts, p => Assert.DoesNotContain('\uFFFD', p.Text));
        Assert.All(parts.SkipLast(1), p => Assert.True(p.IsPartial));
        Assert.Equal(text + "\n", string.Concat(parts.Select(p => p.Text)));
    }

    [Fact]
    public void AnyCutOfTheInputGivesTheSameLines()
    {
        byte[] input = Encoding.UTF8.GetBytes("a\nbb\n\n" + new string('c', 40000) + "\nd");
        var random = new Random(1);
        List<byte[]> pieces = [];
        for (int at = 0; at < input.Length;)
        {
            int length = Math.Min(random.Next(1, 5000), input.Length - at);
            pieces.Add(input[at..(at + length)]);
            at += length;
        }
        Write(ContainerStream.Output, [.. pieces]);
        string text = string.Concat(File.ReadAllLines(LogPath).Select(l => { Assert.True(LogLine.TryParse(Encoding.UTF8.GetBytes(l), out var line)); return line.Text; }));
        Assert.Equal(Encoding.UTF8.GetString(input), text);
    }

    [Fact]
    public void RotatesAndKeepsSoManyFiles()
    {
        using (var log = new LogWriter(LogPath, 4096, 3))
        {
            for (int i = 0; i < 500; i++)
            {
                log.Append(Encoding.UTF8.GetBytes($"line {i}\n"), ContainerStream.Output, DateTime.UtcNow);
                log.Flush();
            }
        }
        Assert.Equal(["container.log", "container.log.1", "container.log.2"], Directory.EnumerateFiles(_directory).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal));
        Assert.All(Directory.EnumerateFiles(_directory), f => Assert.InRange(new FileInfo(f).Length, 0, 4096 + 200));
    }

    [Fact]
    public void AFullDiskLosesRecordsAndSaysSo()
    {
        string disk = Directory.CreateDirectory(_directory["disk"]).FullName;
        Command.Run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk).Succeeded();
        string path = Path.Combine(disk, "container.log"), ballast = Path.Combine(disk, "ballast");
        using (var log = new LogWriter(path, 0, 1))
        {
            log.Append("before\n"u8, ContainerStream.Output, DateTime.UtcNow);
            log.Flush();
            File.WriteAllBytes(ballast, new byte[48 * 1024]);
            for (int i = 0; i < 300; i++)
            {
                log.Append(Encoding.UTF8.GetBytes($"{i} {new string('x', 300)}\n"), ContainerStream.Output, DateTime.UtcNow);
                log.Flush();
            }
            File.Delete(ballast);
            log.Append("after\n"u8, ContainerStream.Output, DateTime.UtcNow);
        }
        var lines = File.ReadAllLines(path).Select(l => { Assert.True(LogLine.TryParse(Encoding.UTF8.GetBytes(l), out var line), l); return line; }).ToList();
        Assert.Equal("before\n", lines[0].Text);
        Assert.Equal("after\n", lines[^1].Text);
        // A notice is short and may find room where a record does not.
        var notices = lines.Where(l => l.Text.Contains("records were lost", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(notices);
        Assert.Equal(302, lines.Count - notices.Count + notices.Sum(n => int.Parse(n.Text.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture)));
    }

    private void Write(ContainerStream splitter, params byte[][] pieces)
    {
        using var log = new LogWriter(LogPath, 0, 1);
        var stream = new StreamSplitter(splitter);
        foreach (byte[] piece in pieces)
            stream.Add(piece, DateTime.UtcNow, log);
        stream.End(log);
    }
}
