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
    public void WhileFrozenNoLeaseBeginsOrGrows()
    {
        using var lease = Lease.Create(_paths);
        var freeze = LeaseFreeze.Begin(_paths, CancellationToken.None);
        var adding = Task.Run(() => lease.Add("late"));
        var creating = Task.Run(() => Lease.Create(_paths));
        Assert.False(Task.WaitAny([adding, creating], 50) >= 0);
        Assert.Empty(freeze.Keys);
        freeze.Dispose();
        adding.Wait();
        creating.Result.Dispose();
        Assert.Equal(["late"], Lease.ActiveKeys(_paths));
    }

    [Fact]
    public void ACollectorNeverMissesAKeyThatWasAddedBeforeItsTargetWasSeen()
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
            collector.Wait();
            Assert.Equal(seen, File.Exists(blob));
        }
    }

    public void Dispose() => _directory.Dispose();
}
