using ContainerTools.Engine.Store;
using ContainerTools.TestSupport;

namespace ContainerTools.Engine.Tests.Store;

public sealed class LeaseTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new("ctstore");
    private readonly StorePaths _paths;

    public LeaseTests() => _paths = new StorePaths(_directory["root"], _directory["run"]);

    [Fact]
    public void ALivingLeaseNamesItsKeysAndADeadOneIsForgotten()
    {
        Assert.Empty(Lease.ActiveKeys(_paths));
        using (var one = Lease.Create(_paths))
        using (var two = Lease.Create(_paths))
        {
            one.Add("sha256:a");
            two.Add("sha256:b");
            two.Add("key");
            two.Add("key");
            Assert.Equal(["key", "sha256:a", "sha256:b"], Lease.ActiveKeys(_paths).Order(StringComparer.Ordinal));

            // As a killed process leaves it: the file without the lock.
            File.WriteAllText(Path.Combine(_paths.Locks, "leases", "dead.lease"), "sha256:dead\n");
            Assert.DoesNotContain("sha256:dead", Lease.ActiveKeys(_paths));
            Assert.Equal(2, Directory.GetFiles(Path.Combine(_paths.Locks, "leases")).Length);
        }

        Assert.Empty(Lease.ActiveKeys(_paths));
        Assert.Empty(Directory.GetFiles(Path.Combine(_paths.Locks, "leases")));
    }

    [Fact]
    public async Task WhileFrozenNoLeaseBeginsOrGrows()
    {
        using var lease = Lease.Create(_paths);
        var freeze = LeaseFreeze.Begin(_paths, CancellationToken.None);
        var adding = Task.Run(() => lease.Add("late"));
        var creating = Task.Run(() => Lease.Create(_paths));
        await Task.Delay(50);
        Assert.False(adding.IsCompleted || creating.IsCompleted);
        Assert.Empty(freeze.Keys);
        freeze.Dispose();
        await adding;
        (await creating).Dispose();
        Assert.Equal(["late"], Lease.ActiveKeys(_paths));
    }

    [Fact]
    public async Task ACollectorNeverMissesAKeyThatWasAddedBeforeItsTargetWasSeen()
    {
        // A pull adds its key, then looks; a collector freezes, then takes away what no lease names.
        string blob = _directory["blob"];
        for (int i = 0; i < 100; i++)
        {
            File.WriteAllText(blob, "");
            using var lease = Lease.Create(_paths);
            var collector = Task.Run(() =>
            {
                using var freeze = LeaseFreeze.Begin(_paths, CancellationToken.None);
                if (!freeze.Keys.Contains("blob"))
                {
                    File.Delete(blob);
                }
            });
            lease.Add("blob");
            bool seen = File.Exists(blob);
            await collector;
            Assert.Equal(seen, File.Exists(blob));
        }
    }

    public void Dispose() => _directory.Dispose();
}
