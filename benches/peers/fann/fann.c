/* FANN as a participant of `cargo xtask bench --peers`; the protocol is that of benches/src/serve.rs.
 *
 *   cc -O3 -march=native fann.c -lfloatfann -lm -o peer-fann
 *
 * FANN has neither softmax nor cross-entropy: its outputs are logistic with squares, or linear for a regression. One
 * epoch of its batch training on the batch is one step: forward, backward, gradient descent. */

#include <floatfann.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const double WARM_UP = 0.040, SAMPLE = 0.020;

static struct fann *net;
static struct fann_train_data *data;
static int train;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

static void steps(long n) {
    for (long i = 0; i < n; i++) {
        if (train) {
            fann_train_epoch(net, data);
        } else {
            for (unsigned row = 0; row < data->num_data; row++) fann_run(net, data->input[row]);
        }
    }
}

static double sample(void) {
    double start = now();
    long n = 1, done = 0;
    while (done == 0 || now() - start < WARM_UP) {
        steps(n);
        done += n;
        n = n < 8192 ? 2 * n : 16384;
    }
    double each = (now() - start) / done;
    n = (long)(SAMPLE / each) + 1;
    start = now();
    steps(n);
    return (now() - start) * 1e6 / n;
}

static void clear(void) {
    if (net) fann_destroy(net);
    if (data) fann_destroy_train(data);
    net = NULL;
    data = NULL;
}

/* NULL, or why this job cannot be done. */
static const char *setup(const char *job) {
    char kind[16], dtype[16], text[512], act[16], output[16], skips[16];
    unsigned batch, widths[64], layers = 0;
    clear();
    if (sscanf(job, "%15s %15s %u %511s %15s %15s %15s", kind, dtype, &batch, text, act, output, skips) != 7)
        return "a job has seven words";
    if (strcmp(dtype, "f32")) return "FANN is timed in f32";
    if (strcmp(skips, "plain")) return "FANN's layers with shortcuts are not this network";
    if (strcmp(act, "tanh")) return "a step of this network would take minutes";
    double weights = 0;
    for (char *word = strtok(text, ","); word && layers < 64; word = strtok(NULL, ","), layers++) {
        widths[layers] = (unsigned)atoi(word);
        if (layers) weights += (double)widths[layers] * widths[layers - 1];
    }
    if (weights * batch > 1e8) return "a step of this network would take seconds";
    train = !strcmp(kind, "train");
    net = fann_create_standard_array(layers, widths);
    fann_set_training_algorithm(net, FANN_TRAIN_BATCH);
    fann_set_activation_function_hidden(net, FANN_SIGMOID_SYMMETRIC);
    fann_set_activation_function_output(net, strcmp(output, "softmax") ? FANN_LINEAR : FANN_SIGMOID);
    fann_set_learning_rate(net, 1e-6f);
    data = fann_create_train(batch, widths[0], widths[layers - 1]);
    for (unsigned row = 0; row < batch; row++) {
        for (unsigned i = 0; i < widths[0]; i++) data->input[row][i] = rand() / (float)RAND_MAX * 2 - 1;
        for (unsigned k = 0; k < widths[layers - 1]; k++) data->output[row][k] = k == row * 7 % widths[layers - 1];
    }
    return NULL;
}

int main(void) {
    char line[1024];
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = 0;
        if (!strcmp(line, "about")) {
            puts("FANN 2.2");
        } else if (!strncmp(line, "setup ", 6)) {
            const char *why = setup(line + 6);
            if (why) printf("no %s\n", why);
            else puts("ok");
        } else if (!strcmp(line, "sample")) {
            if (net) printf("%.9g\n", sample());
            else puts("no nothing is set up");
        } else {
            clear();
            puts("ok");
        }
        fflush(stdout);
    }
    return 0;
}
