using System.Diagnostics;
using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Logs;
using ContainerTools.Engine.Tests.Containers;

namespace ContainerTools.Engine.Tests.Logs;

public sealed class LogReaderTests(ContainerFixture fixture) : IClassFixture<ContainerFixture>
{
    [Fact]
    public async Task TailSinceAndUntil()
    {
        var (container, all) = await fixture.RunAsync("sh", "-c", "for i in 1 2 3; do echo $i; sleep 0.15; done; printf last");
        Assert.Equal(["1", "2", "3", "last"], all);
        Assert.Equal(["3", "last"], await fixture.LogAsync(container, new LogOptions { Tail = 2 }));
        Assert.Equal(["last"], await fixture.LogAsync(container, new LogOptions { Tail = 1 }));
        Assert.Empty(await fixture.LogAsync(container, new LogOptions { Tail = 0 }));
        Assert.Equal(all, await fixture.LogAsync(container, new LogOptions { Tail = 4 }));
        Assert.Equal(all, await fixture.LogAsync(container, new LogOptions { Tail = 400 }));
        var records = await Records(container, new LogOptions());
        Assert.True(records[3].Partial);
        Assert.Equal((container.Id, container.Name, ContainerStream.Output), (records[0].ContainerId, records[0].ContainerName, records[0].Stream));
        Assert.Equal(["2", "3", "last"], await fixture.LogAsync(container, new LogOptions { Since = records[1].Time }));
        Assert.Equal(["1"], await fixture.LogAsync(container, new LogOptions { Until = records[1].Time }));
        Assert.Equal(["2"], await fixture.LogAsync(container, new LogOptions { Since = records[1].Time, Until = records[2].Time }));
        Assert.Equal(["last"], await fixture.LogAsync(container, new LogOptions { Since = records[1].Time, Tail = 1 }));
        await fixture.RemoveAsync(container);
    }

    [Fact]
    public async Task FollowsToTheEnd()
    {
        var container = await fixture.StartAsync("sh", "-c", "for i in 1 2 3 4 5; do echo $i; sleep 0.1; done; echo end >&2; exit 2");
        List<string> lines = [];
        var first = Stopwatch.StartNew();
        await foreach (var record in fixture.Manager.ReadLogAsync(container, new LogOptions { Follow = true }, CancellationToken.None))
        {
            lines.Add(record.Message);
            if (lines.Count == 1)
                Assert.Equal(ContainerState.Running, fixture.Manager.Refresh(container).State);
        }
        Assert.Equal(["1", "2", "3", "4", "5", "end"], lines);
        await fixture.Manager.WaitAsync(container, CancellationToken.None);
        await fixture.RemoveAsync(container);
    }

    [Fact]
    public async Task FollowOverRotationLosesNothingAndCanBeCancelled()
    {
        var container = await fixture.StartAsync(new ContainerOptions
        {
            Command = ["sh", "-c", "i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); done; sleep 30"],
            LogMaxSize = 64 * 1024,
            LogMaxFiles = 10,
        });
        using var cancel = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        List<string> lines = [];
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var record in fixture.Manager.ReadLogAsync(container, new LogOptions { Follow = true }, cancel.Token))
            {
                lines.Add(record.Message);
                if (lines.Count == 3000)
                    cancel.CancelAfter(100);
            }
        });
        Assert.Equal(Enumerable.Range(0, 3000).Select(i => $"line {i}"), lines);
        Assert.True(Directory.EnumerateFiles(container.Directory, "container.log.*").Count() >= 2);
        Assert.Equal(3000, (await fixture.LogAsync(container)).Length);
        Assert.Equal(["line 2999"], await fixture.LogAsync(container, new LogOptions { Tail = 1 }));
        await fixture.RemoveAsync(container, force: true);
    }

    [Fact]
    public async Task LongAndBinaryOutputComesBackWhole()
    {
        var (container, output) = await fixture.RunAsync("sh", "-c", "head -c 300000 /dev/zero | tr '\\0' a; echo; printf '\\377\\376\\n'; printf 'cr\\r\\n'");
        Assert.Equal(new string('a', 300000), output[0]);
        Assert.Equal("\uFFFD\uFFFD", output[1]);
        Assert.Equal("cr", output[2]);
        Assert.Equal(2, (await fixture.LogAsync(container, new LogOptions { Tail = 2 })).Length);
        Assert.Equal(300000, (await fixture.LogAsync(container, new LogOptions { Tail = 3 }))[0].Length);
        await fixture.RemoveAsync(container);
    }

    [Fact]
    public async Task AllOutputOfAFastWriterIsThere()
    {
        var (container, output) = await fixture.RunAsync("sh", "-c", "seq 1 20000; seq 1 20000 >&2");
        Assert.Equal(40000, output.Length);
        await fixture.RemoveAsync(container);
    }

    [Fact]
    public async Task AnOrphanThatHoldsTheOutputOpenDoesNotKeepTheContainer()
    {
        var (container, output) = await fixture.RunAsync(new ContainerOptions { Command = ["sh", "-c", "sleep 1000 & echo done"], PidNamespace = "host", UserNamespace = "host" });
        Assert.Equal(["done"], output);
        Assert.Equal(0, container.ExitCode);
        await fixture.RemoveAsync(container);
        Assert.DoesNotContain(fixture.Leftovers(), l => l.Contains(container.Id, StringComparison.Ordinal));
    }

    private async Task<List<ContainerLogRecord>> Records(Container container, LogOptions options)
    {
        List<ContainerLogRecord> records = [];
        await foreach (var record in fixture.Manager.ReadLogAsync(container, options, CancellationToken.None))
            records.Add(record);
        return records;
    }
}
